//! Work is bounded: whatever a repository holds, it is read in time that grows as its size does, on
//! a stack that does not, in memory that a short file cannot blow up.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod generate;
mod watch;

use std::fmt::Write as _;

use generate::{generate, repository};
use proptest::prelude::*;
use watch::Watch;

type File = (String, String);

fn file(path: &str, text: impl Into<String>) -> File {
    (path.to_owned(), text.into())
}

/// The smallest program of each language: its manifest, and its source.
const PROGRAMS: [[(&str, &str); 2]; 5] = [
    [
        (
            "package.json",
            r#"{"name": "x", "scripts": {"build": "tsc && vite build", "start": "node index.js"}, "dependencies": {"express": "5", "better-sqlite3": "12"}}"#,
        ),
        ("index.js", "require('http').createServer(f).listen(3000)\n"),
    ],
    [
        ("go.mod", "module example.com/x\n\ngo 1.26\n"),
        (
            "main.go",
            "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":80\", nil) }\n",
        ),
    ],
    [
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\n",
        ),
        ("src/main.rs", "fn main() { TcpListener::bind(\"0.0.0.0:80\"); }\n"),
    ],
    [
        (
            "pom.xml",
            "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version></project>",
        ),
        (
            "src/main/java/A.java",
            "class A { public static void main(String[] a) { new ServerSocket(8080); } }\n",
        ),
    ],
    [
        ("requirements.txt", "fastapi\nuvicorn\ncelery\ndjango-environ\npydantic-settings\n"),
        (
            "main.py",
            "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nos.makedirs(\"data\")\n",
        ),
    ],
];

/// A program with `more` in place of its files of the same names, or beside them.
fn program(language: usize, more: Vec<File>) -> Vec<File> {
    let own = PROGRAMS[language].iter().map(|(path, text)| file(path, *text));
    let mut files: Vec<File> = own.filter(|(path, _)| more.iter().all(|f| f.0 != *path)).collect();
    files.extend(more);
    files
}

/// The road is walked to its end in time: an output, or an error.
fn ends(name: &str, files: Vec<File>) -> Option<String> {
    let shown: Vec<(&str, String)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.chars().take(400).collect()))
        .collect();
    let _watch = Watch::over(name, &shown);
    let repository = repository(files);
    generate(repository.path(), &[]).err().map(|error| format!("{error:#}"))
}

const NODE: usize = 0;
const GO: usize = 1;
const RUST: usize = 2;
const JAVA: usize = 3;
const PYTHON: usize = 4;

#[test]
fn depth_is_bounded_whatever_ends_a_comment() {
    for end in ["\n", "\r", "\u{2028}", "\u{2029}"] {
        let text = format!("//{end}{}", "[".repeat(100_000));
        let error = ends("tsconfig.json", program(NODE, vec![file("tsconfig.json", text)]));
        assert!(error.is_some_and(|e| e.contains("tsconfig.json") && e.contains("128")), "{end:?}");
    }
}

#[test]
fn values_that_hold_each_other_do_not_double_without_end() {
    let mut go =
        "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nconst c0 = \"0123456789\"\n"
            .to_owned();
    let mut javascript = "const c0 = path.join(__dirname, 'x', 'y');\n".to_owned();
    let mut spring = "p0=0123456789\ne0=\n".to_owned();
    let mut maven = "<p0>0123456789</p0><e0></e0>".to_owned();
    for n in 1..60 {
        let last = n - 1;
        writeln!(go, "const c{n} = {}c{last}", format!("c{last} + ").repeat(9)).unwrap();
        writeln!(javascript, "const c{n} = path.join({});", format!("c{last}, ").repeat(10))
            .unwrap();
        writeln!(spring, "p{n}={}", format!("${{p{last}}}").repeat(10)).unwrap();
        writeln!(spring, "e{n}={}", format!("${{e{last}}}").repeat(10)).unwrap();
        write!(maven, "<p{n}>{}</p{n}>", format!("${{p{last}}}").repeat(10)).unwrap();
        write!(maven, "<e{n}>{}</e{n}>", format!("${{e{last}}}").repeat(10)).unwrap();
    }
    for n in [3, 8, 59] {
        let main = format!(
            "{go}func main() {{\n\tos.MkdirAll(c{n}, 0)\n\thttp.ListenAndServe(c{n}, nil)\n}}\n"
        );
        ends("Go's constants", program(GO, vec![file("main.go", main)]));
        let main = format!("{javascript}fs.mkdirSync(c{n}); app.listen(c{n}, c{n});\n");
        ends("paths in JavaScript", program(NODE, vec![file("index.js", main)]));
        for name in ["p", "e"] {
            let text =
                format!("{spring}server.port=${{{name}{n}}}\nlogging.file.name=${{{name}{n}}}\n");
            let pom = PROGRAMS[JAVA][0].1.replace(
                "</project>",
                &format!("<properties>{maven}</properties><build><finalName>${{{name}{n}}}</finalName></build></project>"),
            );
            let settings = file("src/main/resources/application.properties", text);
            ends("properties", program(JAVA, vec![settings, file("pom.xml", pom)]));
        }
    }
}

#[test]
fn names_that_lead_to_each_other_are_looked_up_once() {
    // What a random search found to hang: each expression holds the name of all others.
    let texts = [
        format!(
            "export default {{ output: {}process.env.X ? 'standalone' : undefined }};\n",
            "pr default { output: ".repeat(23)
        ),
        format!("export default {{ output: {}process.env.X }};\n", "proces: ".repeat(30)),
        "outDir: outDir + ".repeat(4000),
        "const a = b + c, b = a + c, c = a + b + port;\n".repeat(500) + "app.listen(a + b + c)",
    ];
    let next = r#"{"name": "x", "scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15.0.0", "react": "19.0.0"}}"#;
    for text in texts {
        let files = vec![
            file("package.json", next),
            file("next.config.mjs", text.clone()),
            file("app/page.js", ""),
        ];
        ends("next.config.mjs", program(NODE, files));
        ends("vite.config.js", program(NODE, vec![file("vite.config.js", text.clone())]));
        ends("index.js", program(NODE, vec![file("index.js", text)]));
    }
}

/// Files of other tools are evidence, and may hold anything.
#[test]
fn what_other_tools_read_is_bounded() {
    let deep = |unit: &str| unit.repeat(100_000);
    let aliases: String = (1..20).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))
    });
    for path in [
        "compose.yaml",
        ".github/workflows/ci.yml",
        "Taskfile.yml",
        ".goreleaser.yml",
        "render.yaml",
        ".gitlab-ci.yml",
        "deploy/deployment.yaml",
    ] {
        ends(path, program(GO, vec![file(path, format!("a: {}", deep("[")))]));
        ends(path, program(GO, vec![file(path, format!("{aliases}services: *a19\njobs: *a19\n"))]));
    }
    for path in ["fly.toml", "mise.toml", "Cargo.lock", ".cargo/config.toml", "Rocket.toml"] {
        ends(path, program(RUST, vec![file(path, format!("a = {}", deep("[")))]));
    }
    for path in ["project.json", "nest-cli.json", "angular.json", "package-lock.json"] {
        ends(path, program(NODE, vec![file(path, deep("{\"a\":"))]));
    }
    let chain = |line: fn(usize) -> String| (0..20_000).map(line).collect::<String>();
    let twice = |line: fn(usize) -> String| (1..60).map(line).collect::<String>();
    let built = "build:\n\tgo build -tags $(A59) .\n";
    let recipes = [
        ("Makefile", chain(|n| format!("t{n}: t{}\n\t$(MAKE) t{}\n", n + 1, n + 1))),
        ("Makefile", twice(|n| format!("A{n}=$(A{0})$(A{0})$(A{0})\n", n - 1)) + built),
        ("Makefile", "A=$(B)\nB=$(A)\nbuild: $(A)\n\tgo build -tags '$(A)' .\n".to_owned()),
        ("Makefile", format!("build:\n\tgo build {}\n", deep("$("))),
        ("justfile", chain(|n| format!("t{n}: t{}\n  just t{}\n", n + 1, n + 1))),
        ("README.md", deep("docker run -p 80:80 \\\n")),
        ("README.md", deep("```sh\n")),
        ("x.service", "[Service]\n".to_owned() + &deep("Environment=A=B\n")),
        ("Procfile", "web: ".to_owned() + &deep("a ")),
    ];
    for (path, text) in recipes {
        ends(path, program(GO, vec![file(path, text)]));
    }
    // A program that misses a folder asks a Dockerfile that is there.
    let embeds = "package main\n\nimport \"embed\"\n\n//go:embed dist\nvar pages embed.FS\n\nfunc main() {}\n";
    let lines = |line: &dyn Fn(usize) -> String| (0..14_000).map(line).collect::<String>();
    let many = format!(
        "FROM a AS p\nWORKDIR /x\n{}FROM b\n{}",
        lines(&|n| format!("COPY ui/a{n} .\n")),
        lines(&|n| format!("COPY --from=p /x/d{n} ./dist\n"))
    );
    let deep = lines(&|n| format!("WORKDIR aaaaaaaa\nCOPY --from=p a{n} dist\nRUN apk add b{n}\n"));
    let stages = (1..250).map(|n| format!("FROM s{} AS s{n}\nCOPY --from=s0 a dist\n", n - 1));
    let stages = "FROM a AS s0\n".to_owned() + &stages.collect::<String>();
    for text in [many, format!("FROM a AS p\nFROM b\n{deep}"), stages] {
        let files = vec![
            file("main.go", embeds),
            file("Dockerfile", text),
            file("ui/package.json", r#"{"scripts": {"build": "vite build"}}"#),
        ];
        ends("a Dockerfile that is there", program(GO, files));
    }
    let mut scripts = String::new();
    for n in 0..2_000 {
        write!(scripts, r#""s{n}": "npm run s{0} && npm run s{0}", "#, n + 1).unwrap();
    }
    let manifest = format!(r#"{{"name": "x", "scripts": {{{scripts}"start": "npm run s0"}}}}"#);
    ends("scripts that run scripts", program(NODE, vec![file("package.json", manifest)]));
    let modules = (0..2_000).map(|n| file(&format!("a{n}.js"), format!("require('./a{}')", n + 1)));
    let start = file("index.js", "require('./a0'); app.listen(80)");
    ends("modules that load modules", program(NODE, modules.chain([start]).collect()));
    let itself = file("start.sh", "#!/bin/sh\n. ./start.sh\n./start.sh\nexec ./start.sh\n");
    let manifest = PROGRAMS[NODE][0].1.replace("node index.js", "./start.sh");
    ends("a script that runs itself", program(NODE, vec![itself, file("package.json", manifest)]));
}

/// Pieces of source code that nest, or that a reader may look back or ahead from.
const PIECES: [&[&str]; 5] = [
    &[
        "f(",
        "a.b(",
        "app.listen(",
        "x=>",
        "mkdirSync(",
        "path.join(",
        "path.join(\"a\",",
        "`${",
        "require(\"",
        "[",
        "{",
        "serve({port:",
        "static(",
        "port:",
        "a+",
        ".a().a()",
        "/",
        "/*",
        "\\",
        "const a=b;",
        "env.A||",
        "=",
        "<a>",
        "import(\"",
        "spawn(",
        "Database(",
        "fs.mkdirSync(\"a\");",
        "outDir:",
        "x=x+x;",
        "(a)=>",
        "(a)=>{",
        "a?.b.",
        "class A{private a=",
        "this.a=this.a;app.listen(this.a);",
        "const {a=1}=a;app.listen(a);",
        "for (const d of ['a', 'b']) fs.mkdirSync(d);",
        "program.command('a').action(() => { app.listen(c) });",
        "switch (process.argv[2]) { case 'a': app.listen(b); }",
        "function f(a){app.listen(a);",
        "if(!a){a=3};app.listen(a);",
        "app.listen(!(a||",
        "app.listen(c.get(\"a\"));c.set(\"a\",c.get(\"a\"));",
    ],
    &[
        "f(",
        "x=>",
        "a: b,",
        "x=",
        "`",
        "http.Dir(\"a\");",
        "a+",
        "filepath.Join(",
        "fmt.Sprintf(\"%s\",",
        "[",
        "{",
        "[]",
        "*",
        "func(){",
        "func a(){",
        "return a;",
        "os.Getenv(\"A\")+",
        "type a struct{",
        "a `b:\"c\"`;",
        "x:=x\n",
        "if a {",
        "/*",
        "template.ParseGlob(\"a\");",
        "http.ListenAndServe(",
        "a.",
        "var a=\"a\"+a\n",
        "if os.Getenv(\"A\") == \"1\" { port = \"80\" }\n",
    ],
    &[
        "f(",
        "|x|",
        "cfg(not(",
        "#[cfg(not(",
        "#[cfg(",
        "#[",
        "a::",
        "a!(",
        "concat!(",
        "concat!(\"a\",",
        "format!(\"{}\",",
        "mod a{",
        "mod a;",
        "let a=a;",
        "fn a(){",
        "env::var(\"A\")",
        ".join(",
        ".join(\"a\")",
        "bind(",
        "r#",
        "r\"",
        "'",
        "\"a\"+",
        "Path::new(\"a\").join(",
        "create_dir_all(",
        "{",
        "<",
        "/*",
        "use a::{",
        "a,",
        "a=",
        "#[test]",
        "let a = env!(\"A_B\");",
        "match env::args().nth(1) { Some(\"a\") => { bind(); } _ => {} }",
    ],
    &[
        "f(",
        "->",
        "a+",
        ".a().a()",
        "@A(",
        "class A{",
        "getenv(\"PORT\")",
        "port=",
        "port=1;",
        "new File(\"a\")",
        "Path.of(a,",
        "\"\"\"",
        "\"",
        "'",
        "{",
        "listen(",
        "InetSocketAddress(",
        "main(",
        "public static void main(",
        "a<",
        "${",
        "@Value(\"${a}\")",
        "import a;",
        "package a",
    ],
    &[
        "if a:\n ",
        "a:\n\t",
        "a = b = ",
        "a.b = (c := ",
        "\\\n",
        "f\"{",
        "'a' ",
        "a / ",
        "a if b else ",
        "app = FastAPI()\n",
        "def f():\n    return FastAPI()\n",
        "app = f()\n",
        "a = os.environ['A_B']\n",
        "if not a: raise b\n",
        "env('A_B', ",
        "open(a.b, 'w')\n",
        "open('x', 'w')\n",
        "subprocess.run(a + [",
        "class A(BaseSettings):\n    a: int\n",
        "from a import *\n",
        "from . import a, b, c\n",
        "import a.b as c\n",
        "p.add_argument('--a', default=args.a)\n",
        "uvicorn.run(a, port=args.a)\n",
        "@",
        "(",
        "lambda: ",
        "Path(__file__).parent.parent / ",
        "#\n",
    ],
];

const SOURCES: [(&str, &str); 5] = [
    ("index.js", "f(\n"),
    ("main.go", "package main\n\nfunc main() {\n"),
    ("src/main.rs", "fn main() {\n"),
    ("src/main/java/A.java", "class A { public static void main(String[] a) {\n"),
    (
        "main.py",
        "import os, subprocess, uvicorn\nfrom environ import Env\nfrom fastapi import FastAPI\n",
    ),
];

#[test]
fn one_piece_of_code_again_and_again_is_read_in_time() {
    for (language, pieces) in PIECES.iter().enumerate() {
        for piece in *pieces {
            let (path, before) = SOURCES[language];
            // Some 60 KiB: what works with the square of that is not done in time.
            let text = format!("{before}{}", piece.repeat((60 << 10) / piece.len()));
            ends(piece, program(language, vec![file(path, text)]));
        }
    }
}

#[test]
fn what_a_program_demands_is_read_in_time() {
    let lines = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
    let many = |line: fn(usize) -> String| lines(12_000, line);
    let fields = format!(
        "#[derive(Deserialize)]\nstruct S {{\n{}}}\n\
         fn main() {{ let s: S = figment::Figment::new().extract().unwrap(); }}\n",
        many(|n| format!("f{n}: String,\n"))
    );
    let manifest = format!("{}figment = \"0.10\"\n", PROGRAMS[RUST][0].1);
    let files = vec![file("Cargo.toml", manifest), file("src/main.rs", fields)];
    ends("fields without a default", program(RUST, files));
    let started = many(|n| format!("x.exec(\"p{n}\");\n"));
    let class = format!("class A {{ public static void main(String[] a) {{\n{started}}} }}\n");
    ends("programs that are started", program(JAVA, vec![file("src/main/java/A.java", class)]));
    let spawned = many(|n| format!("cp.spawn('p{n}');\n"));
    let code = format!("const cp = require('child_process');\n{spawned}");
    ends("programs that are started", program(NODE, vec![file("index.js", code)]));
    let made = many(|n| format!("//go:generate stringer -output x{n}.go\n"));
    let code = format!("package main\n\n{made}\nfunc main() {{}}\n");
    ends("files that are generated", program(GO, vec![file("main.go", code)]));
    let read = many(|n| format!("A{n} = os.environ['A_{n}']\nopen('d{n}/x', 'w')\n"));
    let code = format!("import os\n{read}");
    ends("variables and folders", program(PYTHON, vec![file("main.py", code)]));
    let modules = (0..2_000).map(|n| {
        let next = n + 1;
        file(
            &format!("m{n}.py"),
            format!("from m{next} import *\nfrom m{next} import x\nopen(x, 'w')\n"),
        )
    });
    let start = file("main.py", "import m0\nif __name__ == '__main__':\n    open(m0.x, 'w')\n");
    ends("modules that bring names", program(PYTHON, modules.chain([start]).collect()));
    let embeds = lines(4_000, |n| format!("//go:embed d{n}\nvar e{n} embed.FS\n"));
    let code = format!("package main\n\nimport \"embed\"\n\n{embeds}\nfunc main() {{}}\n");
    let ignored = lines(4_000, |n| format!("d{n}/app.js\n"));
    let mut files = vec![file("main.go", code), file(".gitignore", ignored)];
    files.extend((0..4_000).map(|n| file(&format!("d{n}/a.txt"), "x")));
    ends("embedded folders and lines of a .gitignore", program(GO, files));
}

#[test]
fn answers_in_thousands_are_followed_in_time() {
    let rows = [
        ("build-arg", "A{}=1"),
        ("build-flags", "-x={}"),
        ("build-package", "p{}"),
        ("context-hide", "h{}"),
        ("env", "E{}=1"),
        ("no-writable", "w{}"),
        ("package", "p{}"),
        ("writable", "w{}"),
    ];
    for (id, item) in rows {
        let items: Vec<String> =
            (0..4_000).map(|n| format!("{:?}", item.replace("{}", &n.to_string()))).collect();
        let text = format!("[answers]\n{id} = [{}]\n", items.join(", "));
        let error = ends(id, program(GO, vec![file("dockgen.toml", text)]));
        assert_eq!(error, None, "{id}");
    }
}

#[test]
fn platforms_nest_as_deep_as_they_like() {
    let deep = format!("{}unix{}", "not(".repeat(40_000), ")".repeat(40_000));
    let manifest =
        format!("{}[target.'cfg({deep})'.dependencies]\nx = \"1\"\n", PROGRAMS[RUST][0].1);
    ends("Cargo.toml", program(RUST, vec![file("Cargo.toml", manifest)]));
}

fn hostile() -> impl Strategy<Value = (usize, Vec<(String, usize)>)> {
    (0..PIECES.len()).prop_flat_map(|language| {
        let any = PIECES.concat();
        let piece = prop_oneof![
            4 => proptest::sample::select(PIECES[language].to_vec()).prop_map(str::to_owned),
            1 => proptest::sample::select(any).prop_map(str::to_owned),
            1 => "[(){}\\[\\]=,;:.\"'`$a\n]{1,6}",
        ];
        (Just(language), proptest::collection::vec((piece, 1_usize..3000), 1..5))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() })]

    /// The law: whatever repeats, however it is nested, the road ends.
    #[test]
    fn repeated_pieces_are_read_in_time((language, pieces) in hostile()) {
        let (path, before) = SOURCES[language];
        let mut text = before.to_owned();
        for (piece, times) in &pieces {
            text.extend(std::iter::repeat_n(piece.as_str(), *times));
        }
        text.truncate(text.floor_char_boundary(60 << 10));
        let _watch = Watch::over("repeated_pieces_are_read_in_time", &pieces);
        ends(path, program(language, vec![file(path, text)]));
    }
}
