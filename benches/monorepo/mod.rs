//! A monorepo of 100,000 files: two Node.js applications and a Go service among libraries,
//! documents and test data.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Regular files in the repository.
pub(crate) const FILES: usize = 100_000;

const LIBRARIES: usize = 150;

/// Makes the repository below `target/tmp`, or takes the one that is there; its root.
pub(crate) fn make() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("monorepo-2");
    let done = root.join(".git/complete");
    if done.exists() {
        return Ok(root);
    }
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    let mut tree = Tree { root: root.clone(), files: 0 };
    tree.workspace()?;
    tree.node_server()?;
    tree.site()?;
    tree.go_service()?;
    for number in 0..LIBRARIES {
        tree.library(number)?;
    }
    let mut page = 0;
    while tree.files < FILES {
        tree.file(
            &format!("docs/chapter-{}/page-{page}.md", page / 200),
            &"A line of documentation.\n".repeat(20),
        )?;
        page += 1;
    }
    fs::create_dir_all(root.join(".git"))?;
    fs::write(done, "")?;
    Ok(root)
}

struct Tree {
    root: PathBuf,
    files: usize,
}

impl Tree {
    fn file(&mut self, path: &str, text: &str) -> io::Result<()> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
        self.files += 1;
        Ok(())
    }

    fn workspace(&mut self) -> io::Result<()> {
        self.file(".gitignore", "node_modules/\ndist/\n*.log\n.env\n/coverage/\n")?;
        self.file(".nvmrc", "24\n")?;
        self.file(
            "package.json",
            r#"{"name": "monorepo", "private": true, "packageManager": "npm@11.6.0", "workspaces": ["apps/*", "packages/*"]}"#,
        )?;
        let mut lock = String::from(
            "{\"name\": \"monorepo\", \"lockfileVersion\": 3, \"packages\": {\"\": {}",
        );
        for number in 0..2_000 {
            let _ = write!(
                lock,
                ",\n\"node_modules/dependency-{number}\": {{\"version\": \"1.{number}.0\", \"license\": \"MIT\"}}"
            );
        }
        self.file("package-lock.json", &(lock + "}}"))
    }

    fn node_server(&mut self) -> io::Result<()> {
        self.file(
            "apps/api/package.json",
            r#"{"name": "api", "version": "1.0.0", "type": "module", "scripts": {"build": "tsc -p .", "start": "node dist/server.js"},
"dependencies": {"express": "^5.0.0", "library-0": "*", "library-1": "*"}, "devDependencies": {"typescript": "^5.0.0"}}"#,
        )?;
        self.file(
            "apps/api/tsconfig.json",
            r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}, "include": ["src"]}"#,
        )?;
        let server = "import express from 'express';\nconst app = express();\nprocess.on('SIGTERM', () => process.exit(0));\n\
                      app.listen(Number(process.env.PORT ?? 4000));\n";
        self.file("apps/api/src/server.ts", server)?;
        (0..300).try_for_each(|number| {
            self.file(&format!("apps/api/src/routes/route-{number}.ts"), &source(number))
        })
    }

    fn site(&mut self) -> io::Result<()> {
        self.file(
            "apps/web/package.json",
            r#"{"name": "web", "scripts": {"build": "vite build"}, "dependencies": {"react": "^19.0.0"}, "devDependencies": {"vite": "^6.0.0"}}"#,
        )?;
        self.file(
            "apps/web/index.html",
            "<!doctype html><div id=root></div><script type=module src=/src/main.tsx></script>\n",
        )?;
        self.file("apps/web/vite.config.ts", "export default { build: { outDir: 'build' } };\n")?;
        (0..500).try_for_each(|number| {
            self.file(&format!("apps/web/src/parts/part-{number}.tsx"), &source(number))
        })
    }

    fn go_service(&mut self) -> io::Result<()> {
        self.file("services/gateway/go.mod", "module example.com/gateway\n\ngo 1.26\n")?;
        let main = "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/gateway/internal/part0\"\n)\n\n\
                    func main() {\n\tpart0.Run()\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";
        self.file("services/gateway/main.go", main)?;
        (0..200).try_for_each(|number| {
            let text = format!(
                "package part{}\n\nfunc Run{}() int {{ return {number} }}\n",
                number / 10,
                if number == 0 { String::new() } else { number.to_string() }
            );
            self.file(
                &format!("services/gateway/internal/part{}/file{number}.go", number / 10),
                &text,
            )
        })
    }

    fn library(&mut self, number: usize) -> io::Result<()> {
        let folder = format!("packages/library-{number}");
        self.file(
            &format!("{folder}/package.json"),
            &format!(
                r#"{{"name": "library-{number}", "version": "1.0.0", "main": "dist/index.js", "scripts": {{"build": "tsc"}}, "dependencies": {{"library-{}": "*"}}}}"#,
                (number + 1) % LIBRARIES
            ),
        )?;
        self.file(&format!("{folder}/src/index.ts"), "export * from './area-0/part-0';\n")?;
        self.file(
            &format!("{folder}/tsconfig.json"),
            r#"{"compilerOptions": {"outDir": "dist"}}"#,
        )?;
        for part in 0..400 {
            self.file(&format!("{folder}/src/area-{}/part-{part}.ts", part / 40), &source(part))?;
        }
        for part in 0..150 {
            self.file(
                &format!("{folder}/test/area-{}/part-{part}.test.ts", part / 40),
                &source(part),
            )?;
        }
        for part in 0..50 {
            self.file(
                &format!("{folder}/test/data/case-{part}.json"),
                "{\"input\": [1, 2, 3], \"output\": 6}\n",
            )?;
        }
        Ok(())
    }
}

fn source(number: usize) -> String {
    let mut text = String::from("import { value } from './value';\n\n");
    for line in 0..12 {
        let _ = writeln!(
            text,
            "export function part{number}Line{line}(x: number): number {{ return x * {line} + value; }}"
        );
    }
    text
}
