//! Services that a starter of Spring looks for at this machine where no setting names them.

use super::config::relaxed;
use super::surroundings::Surroundings;
use super::tables::StarterService;
use crate::facts::Evidence;

/// A service, its address, the variable that names another one, and the dependency that asks for
/// it.
pub(super) struct Default {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) variable: String,
    pub(super) evidence: Evidence,
}

/// The services that nothing in the repository names.
pub(super) fn defaults(around: &Surroundings) -> Vec<Default> {
    let rows = around.project.tables.starter_service.iter();
    rows.filter_map(|row| default(around, row)).collect()
}

fn default(around: &Surroundings, row: &StarterService) -> Option<Default> {
    let mut runtime = around.dependencies.iter().filter(|d| d.scope != "test");
    let dependency = runtime.find(|d| row.dependencies.contains(&d.key))?;
    let names = |key: &str| {
        let key = relaxed(key);
        row.settings.iter().any(|start| key.starts_with(&relaxed(start)))
    };
    let stated = around.settings.strongest().any(|setting| names(&setting.key));
    let own = |word: &String| around.sources.iter().any(|source| source.names(word));
    let excluded = around.settings.strongest().any(|setting| {
        setting.key.starts_with("spring.autoconfigure.exclude")
            && row.unless.iter().any(|word| setting.value.contains(word.as_str()))
    });
    if stated || excluded || row.unless.iter().any(own) {
        return None;
    }
    let artifact = dependency.key.rsplit(':').next().unwrap_or_default();
    let note = format!("{artifact} looks for {} at {} by default", row.name, row.address);
    Some(Default {
        name: row.name.clone(),
        address: row.address.clone(),
        variable: row.variable.clone(),
        evidence: Evidence { note, ..dependency.evidence.clone() },
    })
}

/// The dependency that wants a database of which no setting, no file of the resources and no code
/// says the address: without it the program does not start.
pub(super) fn database(around: &Surroundings) -> Option<Evidence> {
    let starters = ["spring-boot-starter-data-jpa", "spring-boot-starter-jdbc"];
    let runtime = || around.dependencies.iter().filter(|d| d.scope != "test");
    let artifact = |key: &str| key.rsplit(':').next().unwrap_or_default().to_owned();
    let starter = runtime().find(|d| starters.contains(&artifact(&d.key).as_str()))?;
    let embedded = ["h2", "hsqldb", "derby"];
    let stated = around.settings.strongest().any(|setting| {
        let key = relaxed(&setting.key);
        ["datasource", "jdbc", "autoconfigure", "config.import", "cloud.config"]
            .iter()
            .any(|word| key.contains(word))
    });
    let made = |word: &str| around.sources.iter().any(|source| source.names(word));
    let own =
        ["DataSource", "DataSourceBuilder", "HikariDataSource", "DataSourceAutoConfiguration"];
    if stated
        || runtime().any(|d| embedded.contains(&artifact(&d.key).as_str()))
        || runtime().any(|d| d.key.contains("spring-cloud") || d.key.contains("nacos"))
        || own.iter().any(|word| made(word))
        || in_profile(around)
    {
        return None;
    }
    let note = "the program does not start without the address of its database".to_owned();
    Some(Evidence { note, ..starter.evidence.clone() })
}

/// True if the settings of any profile speak of a database.
fn in_profile(around: &Surroundings) -> bool {
    let repo = around.project.repo;
    super::resources::folders(around.project.model).iter().any(|folder| {
        repo.children(folder).any(|(path, _)| {
            ["properties", "yml", "yaml", "xml"].contains(&path.extension())
                && repo.source_text(path).ok().flatten().is_some_and(|t| t.contains("atasource"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};
    use crate::facts::Program;

    fn with(dependencies: &str, settings: &str) -> Program {
        let app = main("SpringApplication.run(App.class);");
        let files =
            [("App.java", app.as_str()), ("src/main/resources/application.properties", settings)];
        program(dependencies, &files)
    }

    fn looked_for(program: &Program) -> Option<&str> {
        let mut found = program.findings.iter();
        found.find(|f| f.code.as_str() == "service-by-name").map(|found| found.what.as_str())
    }

    #[test]
    fn services_of_starters_are_said_where_nothing_names_them() {
        let redis = "org.springframework.boot:spring-boot-starter-data-redis";
        let found = with(redis, "a=b\n");
        assert_eq!(looked_for(&found), Some("the program looks for Redis at localhost:6379"));
        assert_eq!(looked_for(&with(redis, "spring.data.redis.host=cache.example.com\n")), None);
        assert_eq!(looked_for(&with("org.springframework.boot:spring-boot-starter-web", "")), None);
    }

    #[test]
    fn a_database_without_an_address_is_demanded() {
        let jpa = "org.springframework.boot:spring-boot-starter-data-jpa";
        let wanted = |dependencies: &str, settings: &str| {
            let found = with(dependencies, settings).required;
            found.iter().any(|name| name.value == "SPRING_DATASOURCE_URL")
        };
        let postgres = format!("{jpa} org.postgresql:postgresql");
        assert!(wanted(&postgres, "a=b\n"));
        assert!(!wanted(&postgres, "spring.datasource.url=jdbc:postgresql://db/x\n"));
        assert!(!wanted(&format!("{jpa} com.h2database:h2"), "a=b\n"));
    }
}
