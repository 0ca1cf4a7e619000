package io.unibus.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @SuppressWarnings("NullAway.Init")
    private static JavaClasses unibus;

    @BeforeAll
    static void importClasses() {
        unibus = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.unibus");
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching("io.unibus.(**)").should().beFreeOfCycles().check(unibus);
    }

    @Test
    void onlyTheHttpPackageKnowsUndertow() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.unibus.node.http")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.undertow..", "org.xnio..")
                .check(unibus);
    }

    @Test
    void onlyTheCommandLineKnowsPicocli() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.unibus.node.cli")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(unibus);
    }

    @Test
    void onlyTheNodeReachesForStoreImplementations() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.unibus.node", "io.unibus.store..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.unibus.store.sqlite")
                .check(unibus);
    }
}
