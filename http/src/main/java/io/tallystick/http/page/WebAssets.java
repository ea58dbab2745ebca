package io.tallystick.http.page;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.QuotedQualityCSV;
import org.jspecify.annotations.Nullable;

/**
 * The page: {@code index.html} at the path of every view, its files under {@code /web/}, and {@code
 * notfound.html} for a browser that asks for anything else. Everything is read, compressed and
 * hashed when the server starts. A browser asks whether its copy is still current, and mostly gets
 * 304. Immutable.
 *
 * <p>Scripts find the base path in their own address; the HTML gets it put into its links here.
 */
public final class WebAssets {
  /** For answers that are data: the browser runs and loads nothing, whatever they contain. */
  public static final String NOTHING_ALLOWED =
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  private static final String PAGE_ALLOWED =
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self';"
          + " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private static final String PAGE = "index.html";
  private static final String NOT_FOUND = "notfound.html";
  private static final Set<HandlerType> SAFE = Set.of(HandlerType.GET, HandlerType.HEAD);

  private static final List<String> VIEWS =
      List.of(
          "/",
          "/entries/{id}",
          "/overview",
          "/verify",
          "/checkpoints",
          "/retention",
          "/erasures",
          "/forwarding",
          "/keys");

  private static final List<String> FILES =
      List.of(
          "address.js",
          "api.js",
          "app.js",
          "base.css",
          "chart.js",
          "chain.js",
          "checkpoints.js",
          "entry.js",
          "erasures.js",
          "exact.js",
          "filters.js",
          "format.js",
          "forwarding.js",
          "icon.svg",
          "keys.js",
          "list.js",
          "overview.js",
          "personal.js",
          "proof.js",
          "proofpanel.js",
          "retention.js",
          "rows.js",
          "session.js",
          "ui.js",
          "verify.js",
          "views.css");

  private static final String PREACT = "META-INF/resources/webjars/preact/10.28.0/";

  /** What is served of Preact, by its name here. */
  private static final Map<String, String> LIBRARY =
      Map.of(
          "preact.js",
          PREACT + "dist/preact.module.js",
          "hooks.js",
          PREACT + "hooks/dist/hooks.module.js");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml");

  private final Map<String, PageFile> files;

  private static final class PageFile {
    final String contentType;
    final byte[] plain;
    final byte[] compressed;
    final String tag;

    PageFile(String contentType, byte[] bytes) {
      this.contentType = contentType;
      this.plain = bytes;
      this.compressed = compress(bytes);
      this.tag = tag(bytes);
    }
  }

  private WebAssets(Map<String, PageFile> files) {
    this.files = files;
  }

  /**
   * Reads the page from the program.
   *
   * @param basePath that everything is served under; empty for the root
   */
  public static WebAssets load(String basePath) {
    Map<String, PageFile> files = new LinkedHashMap<>();
    for (String name : List.of(PAGE, NOT_FOUND)) {
      files.put(name, file(name, html(basePath, read("web/" + name))));
    }
    for (String name : FILES) {
      files.put(name, file(name, read("web/" + name)));
    }
    LIBRARY.forEach((name, resource) -> files.put(name, file(name, library(read(resource)))));
    return new WebAssets(files);
  }

  /** Every link of the HTML begins at the root of what this server serves. */
  private static byte[] html(String basePath, byte[] page) {
    return new String(page, StandardCharsets.UTF_8)
        .replace("href=\"/", "href=\"" + basePath + "/")
        .replace("src=\"/", "src=\"" + basePath + "/")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The modules import each other by a bare name, which a page without inline script can't map. */
  private static byte[] library(byte[] module) {
    return new String(module, StandardCharsets.UTF_8)
        .replace("from\"preact\"", "from\"./preact.js\"")
        .replaceAll("\n//# sourceMappingURL=.*", "")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] read(String resource) {
    try (InputStream in = WebAssets.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  private static PageFile file(String name, byte[] bytes) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IllegalStateException(name + " is of no known type");
    }
    return new PageFile(type, bytes);
  }

  private static byte[] compress(byte[] bytes) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out =
        new GZIPOutputStream(compressed) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        }) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return compressed.toByteArray();
  }

  private static String tag(byte[] bytes) {
    return "\"" + HexFormat.of().formatHex(Sha256.of(bytes), 0, 16) + "\"";
  }

  public void register(RoutesConfig routes) {
    VIEWS.forEach(path -> Routes.get(routes, path, request -> answer(request, PAGE)));
    files.keySet().stream()
        .filter(name -> !name.endsWith(".html"))
        .forEach(name -> Routes.get(routes, "/web/" + name, request -> answer(request, name)));
  }

  /**
   * Answers a request for a path that does not exist, if it comes from somebody who wants to read
   * HTML rather than JSON.
   *
   * @return whether it was answered
   */
  public boolean answerNotFound(Context request) {
    if (!SAFE.contains(request.method()) || !prefersHtml(request.header("Accept"))) {
      return false;
    }
    PageFile file = files.get(NOT_FOUND);
    if (file == null) {
      return false;
    }
    request.status(404);
    allowPage(request);
    request.contentType(file.contentType);
    request.result(file.plain);
    return true;
  }

  /** Whether HTML stands before JSON, or before anything at all, in this {@code Accept} header. */
  static boolean prefersHtml(@Nullable String accept) {
    QuotedQualityCSV types = new QuotedQualityCSV();
    types.addValue(accept);
    return types.getValues().stream()
        .map(type -> type.toLowerCase(Locale.ROOT))
        .filter(
            type -> type.startsWith("text/html") || type.contains("json") || type.contains("/*"))
        .findFirst()
        .filter(type -> type.startsWith("text/html"))
        .isPresent();
  }

  private static void allowPage(Context request) {
    request.header("Content-Security-Policy", PAGE_ALLOWED);
    request.header("Referrer-Policy", "no-referrer");
    request.header("Cross-Origin-Opener-Policy", "same-origin");
    request.header("Cross-Origin-Resource-Policy", "same-origin");
    request.header("X-Frame-Options", "DENY");
  }

  private void answer(Context request, String name) throws IOException {
    PageFile file = files.get(name);
    if (file == null) {
      throw Problem.of(404, "There is nothing here.").thrown();
    }
    allowPage(request);
    request.header("Cache-Control", "no-cache");
    request.header("Vary", "Accept-Encoding");
    request.header("ETag", file.tag);
    if (file.tag.equals(request.header("If-None-Match"))) {
      request.status(304);
      return;
    }
    String encodings = request.header("Accept-Encoding");
    boolean gzip = encodings != null && encodings.contains("gzip");
    if (gzip) {
      request.header("Content-Encoding", "gzip");
    }
    request.contentType(file.contentType);
    byte[] body = gzip ? file.compressed : file.plain;
    request.res().setContentLength(body.length);
    request.outputStream().write(body);
  }
}
