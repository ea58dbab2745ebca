package io.tallystick.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {

  private static final JavaClasses TALLYSTICK =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.tallystick");

  private static final String[] PURE = {
    "io.tallystick.tlog..", "io.tallystick.note..", "io.tallystick.text..", "io.tallystick.entry.."
  };

  @ParameterizedTest
  @CsvSource({
    "tlog,  tlog",
    "note,  note tlog",
    "text,  text",
    "entry, entry text tlog",
    "store, store entry note text tlog",
    "index, index store entry note text tlog",
    "service, service index store entry note text tlog",
    "forward, forward service index store entry note text tlog",
    "ingest, ingest service index store entry note text tlog",
    "http,  http forward ingest service index store entry note text tlog",
    "cli,   cli http forward ingest service index store entry note text tlog",
  })
  void eachPackageKnowsOnlyThoseBelowIt(String name, String known) {
    String[] allowed =
        Stream.of(known.split(" ")).map(ArchitectureTest::packageOf).toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideInAPackage(packageOf(name))
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.tallystick..").and(not(resideInAnyPackage(allowed)))));
  }

  /** {@code log <- segment <- seal <- write <- store <- verify <- archive}, over {@code files}. */
  @ParameterizedTest
  @CsvSource({
    "files,   ",
    "log,     files",
    "segment, files log",
    "seal,    files log segment",
    "write,   files log segment seal",
    "verify,  files log segment seal .",
    "archive, files log segment seal . verify",
  })
  void eachPackageOfTheStoreKnowsOnlyThoseBeforeIt(String name, @Nullable String known) {
    String before = known == null ? "" : known;
    String[] allowed =
        Stream.of((name + " " + before).strip().split(" "))
            .map(each -> each.equals(".") ? "io.tallystick.store" : "io.tallystick.store." + each)
            .toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideInAPackage("io.tallystick.store." + name)
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.tallystick.store..").and(not(resideInAnyPackage(allowed)))));
  }

  /** Segments, sealing and writing are the store's own business. */
  @Test
  void otherModulesUseTheDoorsOfTheStore() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.tallystick.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.tallystick.store.segment..",
                "io.tallystick.store.seal..",
                "io.tallystick.store.write.."));
  }

  @Test
  void everyPackageHasItsPlaceInTheOrder() {
    check(
        classes()
            .should()
            .resideInAnyPackage(
                Stream.of(
                        "tlog", "note", "text", "entry", "store", "index", "service", "ingest",
                        "forward", "http", "cli")
                    .map(ArchitectureTest::packageOf)
                    .toArray(String[]::new)));
  }

  /**
   * Nobody finds their way around a package of sixty types; the commands of tally are many of one
   * kind.
   */
  @Test
  void noPackageIsLarge() {
    Map<String, Long> types =
        TALLYSTICK.stream()
            .filter(type ->
                !type.getName().contains("$") && !type.getSimpleName().equals("package-info"))
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    assertThat(types)
        .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(26));
  }

  /** What answers keys that see a part of the log has nothing to ask but what they see of it. */
  @Test
  void whatAnswersLimitedKeysKnowsTheirViewOfTheLogOnly() {
    Set<String> open =
        TALLYSTICK.stream()
            .flatMap(type -> type.getMethodCallsFromSelf().stream())
            .filter(call -> call.getTarget().getName().equals("openToLimited"))
            .map(call -> call.getOriginOwner().getName().replaceFirst("\\$.*", ""))
            .filter(name -> !name.endsWith(".Authenticator"))
            .collect(Collectors.toSet());
    assertThat(open).hasSizeGreaterThan(3).contains("io.tallystick.http.api.ReadingApi");
    // These two append, and read the tree for what was appended or is in the scope that they name.
    open.removeAll(Set.of("io.tallystick.http.api.EventsApi", "io.tallystick.http.api.TreeApi"));
    check(
        noClasses()
            .that(nameMatching("(" + String.join("|", open) + ")(\\$.*)?"))
            .should()
            .dependOnClassesThat(
                nameMatching(
                    "io\\.tallystick\\.(index\\.AuditIndex|store\\.(AuditLog|LogReader|LogTree))")));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("io.tallystick.(**)").should().beFreeOfCycles());
  }

  @Test
  void theTreeNeedsTheJdkOnly() {
    check(
        classes()
            .that()
            .resideInAPackage(packageOf("tlog"))
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", packageOf("tlog")));
  }

  @Test
  void oneClassKnowsChronicle() {
    Set<String> users =
        TALLYSTICK.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(use -> use.getTargetClass().getPackageName().startsWith("net.openhft."))
            .map(Dependency::getOriginClass)
            .map(type -> type.getName().replaceFirst("\\$.*", ""))
            .collect(Collectors.toSet());
    assertThat(users).singleElement().asString().startsWith("io.tallystick.store.");
  }

  @ParameterizedTest
  @CsvSource({
    "org.apache.lucene.., index",
    "io.javalin..,        http",
    "org.eclipse.jetty.., http",
    "picocli..,           cli",
    "org.bouncycastle..,  note",
    "com.schibsted..,     ingest",
    "com.google.re2j..,   ingest",
    "org.snakeyaml..,     service.yaml",
    "org.apache.kafka..,  forward.kafka",
  })
  void aLibraryStaysInItsPackages(String library, String names) {
    String[] users =
        Stream.of(names.split(" ")).map(ArchitectureTest::packageOf).toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(users)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(library));
  }

  @Test
  void onlyTheCommandLineReadsTheEnvironmentPrintsOrExits() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(packageOf("cli"))
            .should()
            .callMethodWhere(
                target(owner(assignableTo(System.class))).and(target(nameMatching("getenv|exit"))))
            .orShould()
            .callMethodWhere(
                target(owner(assignableTo(Runtime.class))).and(target(nameMatching("exit|halt"))))
            .orShould(ACCESS_STANDARD_STREAMS));
  }

  @Test
  void pureCodeDoesNoInputOrOutput() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.io\\.(File.*|RandomAccessFile)"));
  }

  // The command line writes the files its user names, and so does a sink.
  @Test
  void onlyTheStoreTheWitnessSinksAndTheCommandLineWriteFiles() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                packageOf("store"),
                packageOf("service.witness"),
                packageOf("forward"),
                packageOf("cli"))
            .should()
            .dependOnClassesThat()
            .haveNameMatching(
                "java\\.nio\\.channels\\.FileChannel"
                    + "|java\\.io\\.(RandomAccessFile|FileOutputStream|FileWriter)")
            .orShould(
                callFiles(
                    "(write|set).*|create(File|Link|SymbolicLink|Temp.*)|copy|move"
                        + "|newOutputStream|newBufferedWriter|newByteChannel")));
  }

  // Lucene fills the index's shards, but making and dropping their folders is up to the index.
  @Test
  void onlyTheyAndTheIndexMakeFoldersAndDelete() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                packageOf("store"),
                packageOf("service.witness"),
                packageOf("index"),
                packageOf("cli"))
            .should(callFiles("createDirector.*|delete.*")));
  }

  @Test
  void namesSayWhatAClassIs() {
    check(
        noClasses()
            .should()
            .haveNameMatching(".*(Utils?|Helpers?|Manager|Impl)")
            .orShould()
            .resideInAnyPackage("..util..", "..common..", "..internal..", "..impl.."));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "format",
        "store",
        "index",
        "service",
        "ingest",
        "forward",
        "http",
        "cli",
        "clients/java",
        "clients/java-spring-boot-starter",
        "endurance",
        "benchmarks"
      })
  void noFileIsLongerThan450Lines(String module) throws IOException {
    Path sources = Path.of("..", module, "src");
    assumeTrue(Files.isDirectory(sources));
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        assertThat(Files.readAllLines(file)).as(file.toString()).hasSizeLessThanOrEqualTo(450);
      }
    }
  }

  private static ArchCondition<JavaClass> callFiles(String methods) {
    return callMethodWhere(
        target(owner(assignableTo(Files.class))).and(target(nameMatching(methods))));
  }

  private static String packageOf(String name) {
    return "io.tallystick." + name + "..";
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(TALLYSTICK);
  }
}
