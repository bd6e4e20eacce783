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

#[test]
fn temporary_files_are_no_unknown_folder() {
    for body in [
        "Path p = Files.createTempFile(\"up\", \".bin\"); Files.writeString(p, \"x\");",
        "Path d = Files.createTempDirectory(\"w\"); Files.createDirectories(d.resolve(\"out\"));",
        "File f = File.createTempFile(\"a\", \"b\"); new FileOutputStream(f);",
    ] {
        let found = program("", &[("App.java", &main(body))]);
        assert!(found.findings.is_empty(), "{body}: {:?}", found.findings);
    }
    let body = "Path d = Path.of(\"work\"); Path f = Files.createTempFile(d, \"up\", n); Files.write(f, b);";
    let found = program("", &[("App.java", &main(body))]);
    assert!(found.writable.iter().any(|folder| folder.value == "work"), "{:?}", found.writable);
}

#[test]
fn scripts_that_the_program_starts_are_copied() {
    let script = ("/bin/backup.sh", "#!/bin/bash\npg_dump x\n");
    let python = ("/scripts/extract.py", "print()\n");
    let held = |body: &str| {
        let app = main(body);
        let found = program("", &[("App.java", app.as_str()), script, python]);
        let files: Vec<String> = found.files.iter().map(|file| file.value.to_string()).collect();
        (files, found.needs.shell.is_some())
    };
    let (files, shell) = held("Runtime.getRuntime().exec(\"./bin/backup.sh\");");
    assert_eq!((files, shell), (vec!["bin/backup.sh".to_owned()], true));
    let (files, _) = held("new ProcessBuilder(\"python3\", \"scripts/extract.py\", f).start();");
    assert_eq!(files, ["scripts/extract.py"]);
}

#[test]
fn the_first_element_of_an_array_is_the_program() {
    let body = "String[] words = new String[2]; words[0] = \"ffmpeg\"; words[1] = f; Runtime.getRuntime().exec(words);";
    let found = program("", &[("App.java", &main(body))]);
    assert_eq!(found.needs.packages[0].value, "ffmpeg");
}

#[test]
fn folders_of_endpoints_writers_and_settings() {
    let written = |files: &[(&str, &str)]| {
        let found = program("org.springframework.boot:spring-boot-starter-web", files);
        let all = found.writable.into_iter().map(|folder| folder.value);
        all.filter(|folder| folder != "/tmp").collect::<Vec<_>>()
    };
    let app = super::tests_code::main("SpringApplication.run(App.class);");
    let app = ("App.java", app.as_str());
    let routes = "class R extends RouteBuilder { void configure() { from(\"file:inbox?delete=true\").to(\"file:outbox\"); } }";
    assert_eq!(written(&[app, ("R.java", routes)]), ["inbox", "outbox"]);
    let batch = "class B { FlatFileItemWriter<String> w() { FlatFileItemWriter<String> w = new FlatFileItemWriter<>(); w.setResource(new FileSystemResource(\"out/a.csv\")); return w; } }";
    assert_eq!(written(&[app, ("B.java", batch)]), ["out"]);
    let reads = batch.replace("Writer", "Reader");
    assert!(written(&[app, ("B.java", &reads)]).is_empty());
    let cache =
        ("src/main/resources/ehcache.xml", "<config><persistence directory=\"disk\"/></config>");
    assert_eq!(written(&[app, cache]), ["disk"]);
    let log = "<Configuration><Properties><Property name=\"dir\">${sys:log.dir:-run/logs}</Property></Properties><RollingFile name=\"F\" fileName=\"${dir}/a.log\"/></Configuration>";
    assert_eq!(written(&[app, ("src/main/resources/log4j2-spring.xml", log)]), ["run/logs"]);
}
