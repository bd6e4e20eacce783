//! Folders that libraries write, one row of the catalog each.

use super::tests_code::{main, program};

#[test]
fn libraries_write_folders_and_files() {
    let mut wrong = Vec::new();
    for (imports, body, folders) in [
        ("java.util.logging.*", "new FileHandler(\"logs/app.log\");", "logs"),
        ("java.util.logging.*", "new FileHandler(\"logs/app%u.%g.log\", true);", "logs"),
        ("java.util.logging.*", "new FileHandler(\"%h/java%u.log\");", ""),
        (
            "java.net.http.*",
            "client.send(r, HttpResponse.BodyHandlers.ofFile(Path.of(\"in/a.zip\")));",
            "in",
        ),
        (
            "com.fasterxml.jackson.databind.*",
            "new ObjectMapper().writeValue(new File(\"state/x.json\"), v);",
            "state",
        ),
        (
            "com.fasterxml.jackson.databind.*",
            "mapper.writerWithDefaultPrettyPrinter().writeValue(new File(\"state/x.json\"), v);",
            "state",
        ),
        (
            "com.fasterxml.jackson.databind.*",
            "mapper.writeValue(response.getOutputStream(), v);",
            "",
        ),
        (
            "org.apache.commons.io.*",
            "FileUtils.writeByteArrayToFile(new File(\"kept/a\"), b);",
            "kept",
        ),
        ("org.apache.commons.io.*", "FileUtils.copyURLToFile(url, new File(\"kept/a\"));", "kept"),
        ("com.google.common.io.*", "Files.createParentDirs(new File(\"kept/a\"));", "kept"),
        (
            "org.eclipse.jgit.api.*",
            "Git.cloneRepository().setURI(u).setDirectory(new File(\"repos/y\")).call();",
            "repos/y",
        ),
        (
            "org.ehcache.config.builders.*",
            "CacheManagerBuilder.newCacheManagerBuilder().with(CacheManagerBuilder.persistence(\"data/cache\"));",
            "data/cache",
        ),
        ("jetbrains.exodus.env.*", "Environments.newInstance(\"data/xodus\");", "data/xodus"),
        (
            "static org.iq80.leveldb.impl.Iq80DBFactory.*",
            "Iq80DBFactory.factory.open(new File(\"data/level\"), options);",
            "data/level",
        ),
        (
            "org.apache.activemq.broker.*",
            "BrokerService b = new BrokerService(); b.setDataDirectory(\"data/mq\");",
            "data/mq",
        ),
        ("net.openhft.chronicle.queue.*", "ChronicleQueue.single(\"data/queue\");", "data/queue"),
        (
            "net.coobird.thumbnailator.*",
            "Thumbnails.of(in).size(1, 1).toFile(\"thumbs/a.png\");",
            "thumbs",
        ),
        (
            "org.apache.pdfbox.pdmodel.*",
            "PDDocument d = new PDDocument(); d.save(\"out/a.pdf\");",
            "out",
        ),
        ("java.sql.*", "DriverManager.getConnection(\"jdbc:duckdb:data/x.duckdb\");", "data"),
    ] {
        let app =
            format!("import java.io.*; import java.nio.file.*; import {imports}; {}", main(body));
        let found = program("", &[("App.java", &app)]);
        let mut all: Vec<&str> = found.writable.iter().map(|one| one.value.as_str()).collect();
        let codes = found.findings.iter().map(|finding| finding.code.as_str());
        let said = |code: &&str| ["folder-unknown", "writes-beside-program"].contains(code);
        all.extend(codes.filter(said));
        if all.join(" ") != folders {
            wrong.push(format!("{body}\n    {all:?} in place of {folders:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
