package io.tallystick.http.page;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
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
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The page: {@code index.html} at the path of every view, and its files under {@code /web/}. All of
 * it is read, compressed and named by its hash when the server starts; a browser asks whether what
 * it has is still good, and is mostly told that it is. Immutable.
 */
public final class WebAssets {
  /** For answers that are data: whatever they hold, a browser does nothing with it. */
  public static final String NOTHING_ALLOWED =
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  private static final String PAGE_ALLOWED =
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self';"
          + " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private static final List<String> VIEWS =
      List.of("/", "/entries/{id}", "/overview", "/verify", "/checkpoints", "/retention", "/keys");

  private static final List<String> FILES =
      List.of(
          "api.js",
          "app.js",
          "base.css",
          "chart.js",
          "chain.js",
          "checkpoints.js",
          "entry.js",
          "exact.js",
          "filters.js",
          "format.js",
          "icon.svg",
          "keys.js",
          "list.js",
          "overview.js",
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

  /** Reads the page from the program. */
  public static WebAssets load() {
    Map<String, PageFile> files = new LinkedHashMap<>();
    files.put("index.html", file("index.html", read("web/index.html")));
    for (String name : FILES) {
      files.put(name, file(name, read("web/" + name)));
    }
    LIBRARY.forEach((name, resource) -> files.put(name, file(name, library(read(resource)))));
    return new WebAssets(files);
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
    VIEWS.forEach(path -> Routes.get(routes, path, request -> answer(request, "index.html")));
    files
        .keySet()
        .forEach(name -> Routes.get(routes, "/web/" + name, request -> answer(request, name)));
  }

  private void answer(Context request, String name) throws IOException {
    PageFile file = files.get(name);
    if (file == null) {
      throw Problem.of(404, "There is nothing here.").thrown();
    }
    request.header("Content-Security-Policy", PAGE_ALLOWED);
    request.header("Referrer-Policy", "no-referrer");
    request.header("Cross-Origin-Opener-Policy", "same-origin");
    request.header("Cross-Origin-Resource-Policy", "same-origin");
    request.header("X-Frame-Options", "DENY");
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
