package thimble;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Packages depend one way, and native code is reached in one place. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(Path.of("target/classes"));

  @Test
  void packagesDependOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("thimble..")
        .layer("cli")
        .definedBy("thimble.cli..")
        .layer("train")
        .definedBy("thimble.train..")
        .layer("parts")
        .definedBy("thimble.nn..", "thimble.data..", "thimble.io..")
        .layer("explain")
        .definedBy("thimble.explain..")
        .layer("program")
        .definedBy("thimble.program..")
        .optionalLayer("testing")
        .definedBy("thimble.testing..")
        .layer("draw")
        .definedBy("thimble.draw..")
        .layer("transform")
        .definedBy("thimble.transform..")
        .layer("runtime")
        .definedBy("thimble.runtime..")
        .layer("tensor")
        .definedBy("thimble.tensor..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("runtime")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("testing")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("train")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("parts")
        .mayOnlyBeAccessedByLayers("cli", "train")
        .whereLayer("explain")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("program")
        .mayOnlyBeAccessedByLayers("cli", "train")
        .whereLayer("transform")
        .mayOnlyBeAccessedByLayers("cli", "train", "parts", "explain", "program", "testing")
        .whereLayer("tensor")
        .mayOnlyBeAccessedByLayers(
            "cli", "train", "parts", "explain", "program", "testing", "transform", "runtime")
        .whereLayer("draw")
        .mayOnlyBeAccessedByLayers("cli", "train", "explain", "transform")
        .check(CLASSES);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("thimble.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTheRuntimeLinksNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackage("thimble.runtime..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class, SymbolLookup.class, FunctionDescriptor.class)
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLinePrintsAndParsesOptions() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "thimble.cli..", "thimble.runtime.ffi.gen..") // jextract's can trace
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }
}
