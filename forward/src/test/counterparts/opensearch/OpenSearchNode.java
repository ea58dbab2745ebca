import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.opensearch.Version;
import org.opensearch.analysis.common.CommonAnalysisModulePlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;
import org.opensearch.transport.Netty4ModulePlugin;

/** One node of OpenSearch: the port of its HTTP, its directory, and the memory for requests. */
public final class OpenSearchNode {
  private static final class Embedded extends Node {
    Embedded(Environment environment, List<PluginInfo> plugins) {
      super(environment, plugins, false);
    }
  }

  private static PluginInfo plugin(Class<?> type) {
    return new PluginInfo(
        type.getName(), "", "NA", Version.CURRENT, "25", type.getName(), null, List.of(), false);
  }

  public static void main(String[] arguments) throws Exception {
    Settings settings =
        Settings.builder()
            .put("path.home", arguments[1])
            .put("discovery.type", "single-node")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("http.host", "127.0.0.1")
            .put("http.port", arguments[0])
            .put("transport.host", "127.0.0.1")
            .put("transport.port", "0")
            .put("indexing_pressure.memory.limit", arguments[2])
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    Node node =
        new Embedded(
            new Environment(settings, Path.of(arguments[1], "config")),
            List.of(plugin(Netty4ModulePlugin.class), plugin(CommonAnalysisModulePlugin.class)));
    node.start();
    new CountDownLatch(1).await();
  }
}
