use super::*;

fn run(text: &str) -> Instruction {
    let dockerfile = parse(&format!("FROM scratch\n{text}")).unwrap();
    dockerfile.stages[0].instructions[0].clone()
}

fn fails(text: &str) -> ParseError {
    parse(text).unwrap_err()
}

#[test]
fn stages_names_platforms_and_lines() {
    let text = "# syntax=docker/dockerfile:1\n# check=skip=JSONArgsRecommended\n\nARG V=26\nARG IMG=\"node:${V}-slim\"\n\
                from --platform=$BUILDPLATFORM ${IMG} as Build\nrun true\nFROM build\nUSER 1:1\n";
    let file = parse(text).unwrap();
    assert_eq!(
        file.directives.syntax,
        Some(Directive { value: "docker/dockerfile:1".to_owned(), line: 1 })
    );
    assert_eq!(file.directives.check.as_ref().unwrap().line, 2);
    assert_eq!(file.args.len(), 2);
    let build = &file.stages[0];
    assert_eq!((build.name.as_deref(), build.line), (Some("build"), 6));
    assert_eq!(build.platform.as_deref(), Some("$BUILDPLATFORM"));
    assert_eq!(file.resolve(&build.image), "node:26-slim");
    assert_eq!(file.resolve("x:$OTHER"), "x:$OTHER");
    assert_eq!(build.instructions[0].keyword, "RUN");
    assert_eq!(file.last().unwrap().image, "build");
    assert_eq!(file.instructions().count(), 6);
}

#[test]
fn directives_end_at_the_first_other_line() {
    assert!(parse("\n# syntax=x\nFROM a").unwrap().directives.syntax.is_none());
    assert!(parse("# hello\n# escape=`\nFROM a").unwrap().directives.escape.is_none());
    assert_eq!(parse("#ESCAPE = `\nFROM a").unwrap().escape(), '`');
    assert_eq!(fails("# escape=x\nFROM a").line, 1);
    assert_eq!(fails("# syntax=a\n# syntax=b\nFROM a").line, 2);
}

#[test]
fn continuation_lines_skip_comments_and_empty_lines() {
    let found = run("RUN a \\\n  # a comment\n\n  b \\  \n  c\nUSER 1");
    assert_eq!(found.arguments, "a   b   c");
    assert_eq!((found.line, found.end_line), (2, 6));
    assert_eq!(run("RUN a \\\\\nUSER 1").arguments, "a \\\\");
    assert_eq!(run("RUN a \\").arguments, "a");
    let file = parse("# escape=`\r\nFROM a\r\nRUN x `\r\n  C:\\y\r\n").unwrap();
    assert_eq!(file.stages[0].instructions[0].arguments, "x   C:\\y");
}

#[test]
fn flags_quotes_and_mounts() {
    let found = run(
        r#"RUN --mount=type=cache,target="/a b",id=x --mount=type=bind,from=deps,src=/x,dst=y --network=none go"#,
    );
    assert_eq!(found.arguments, "go");
    let mounts = found.mounts();
    assert_eq!((mounts[0].kind(), mounts[0].get("target")), ("cache", Some("/a b")));
    assert_eq!((mounts[1].get("source"), mounts[1].get("target")), (Some("/x"), Some("y")));
    assert_eq!(found.flag("network"), Some("none"));
    assert_eq!(run("RUN --mount=source=go.mod,target=go.mod,ro true").mounts()[0].kind(), "bind");
    let copy = run("COPY --link --from=0 --chown='1 2' -- --odd /x/");
    assert_eq!(
        (copy.flag("link"), copy.flag("from"), copy.flag("chown")),
        (Some(""), Some("0"), Some("1 2"))
    );
    assert_eq!(copy.words(), ["--odd", "/x/"]);
}

#[test]
fn exec_form_and_what_only_looks_like_it() {
    assert_eq!(run(r#"CMD ["a", "b \" \u00e9"]"#).exec().unwrap(), ["a", "b \" é"]);
    assert_eq!(run("CMD [\"a\", \\\n  \"b\"]").exec().unwrap(), ["a", "b"]);
    assert_eq!(run("CMD ['a', 'b']").exec(), None);
    assert_eq!(run(r#"CMD ["a" "b"]"#).exec(), None);
    assert_eq!(run("RUN [ -f x ] && y").exec(), None);
    assert_eq!(run(r#"HEALTHCHECK --interval=5s CMD ["x"]"#).exec().unwrap(), ["x"]);
    assert_eq!(run("HEALTHCHECK NONE").exec(), None);
    assert_eq!(fails("FROM a\nCMD [1]").line, 2);
    assert_eq!(run(r#"COPY ["a b", "/c"]"#).words(), ["a b", "/c"]);
}

#[test]
fn here_documents() {
    let found = run("RUN <<EOF cat <<-'END' > /x\nFROM evil\nEOF\n\tbody\n\tEND\nUSER 1");
    assert_eq!(found.heredocs.len(), 2);
    assert_eq!((found.heredocs[0].body.as_str(), found.heredocs[0].expand), ("FROM evil\n", true));
    assert_eq!((found.heredocs[1].body.as_str(), found.heredocs[1].expand), ("\tbody\n", false));
    assert!(found.heredocs[1].chomp);
    assert_eq!((found.line, found.end_line), (2, 6));
    assert_eq!(found.texts().nth(1), Some("FROM evil\n"));
    let copy = run("COPY --chown=1:1 <<EOF /etc/x\r\nline\r\nEOF\r\n");
    assert_eq!(
        (copy.heredocs[0].name.as_str(), copy.heredocs[0].body.as_str()),
        ("EOF", "line\r\n")
    );
    assert!(run("RUN echo \"<<EOF\"\nUSER 1").heredocs.is_empty());
    assert!(run("RUN [\"cat\", \"<<EOF\"]").heredocs.is_empty());
    assert!(run("RUN echo $((1<<2))").heredocs.is_empty());
    assert!(run("CMD cat <<EOF").heredocs.is_empty());
    assert_eq!(run("ONBUILD RUN <<EOF\nx\nEOF\n").heredocs[0].body, "x\n");
    let error = fails("FROM a\nRUN <<EOF\nx\n");
    assert_eq!(error.line, 2);
    assert!(error.message.contains("`EOF`"), "{error}");
}

#[test]
fn pairs_of_env_arg_and_label() {
    let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    assert_eq!(run(r#"ENV A="b c" D=e\ f"#).pairs(), [pair("A", r#""b c""#), pair("D", r"e\ f")]);
    assert_eq!(run("ENV KEY some value").pairs(), [pair("KEY", "some value")]);
    assert_eq!(run("ARG A=1 B").pairs(), [pair("A", "1"), ("B".to_owned(), None)]);
}

#[test]
fn onbuild_holds_an_instruction() {
    let inner = run("ONBUILD COPY --from=x a b").onbuild().unwrap();
    assert_eq!(
        (inner.keyword.as_str(), inner.flag("from"), inner.arguments.as_str()),
        ("COPY", Some("x"), "a b")
    );
    assert_eq!(run("RUN x").onbuild(), None);
}

#[test]
fn comments_belong_to_the_instruction_below() {
    let found = run("# one\n\n  # dockgen: allow=DG007\nRUN x");
    let lines: Vec<_> =
        found.comments.iter().map(|comment| (comment.line, comment.text.as_str())).collect();
    assert_eq!(lines, [(2, "one"), (4, "dockgen: allow=DG007")]);
}

#[test]
fn errors_name_the_line() {
    for (text, line, words) in [
        ("", 1, "no FROM"),
        ("# only a comment\n", 1, "no FROM"),
        ("ARG A\n", 1, "no FROM"),
        ("RUN x\nFROM a", 1, "before the first FROM"),
        ("FROM a\n\nRUNN x", 3, "`RUNN` is not an instruction"),
        ("FROM a\nRUN x &&\n  y z", 3, "end that line with `\\`"),
        ("FROM a\nRUN", 2, "no arguments"),
        ("FROM a as 1x", 1, "not a stage name"),
        ("FROM a b", 1, "FROM takes"),
        ("FROM a\nENV A=1 B", 2, "`B` of ENV has no `=`"),
        ("FROM a\nONBUILD HEALTHCHECK CMD [1]", 2, "only strings"),
    ] {
        let error = fails(text);
        assert_eq!(error.line, line, "{text:?}: {error}");
        assert!(error.message.contains(words), "{text:?}: {error}");
    }
}

#[test]
fn args_that_double_each_other_stay_small() {
    let doubling: Vec<String> =
        (1..60).map(|at| format!("ARG A{at}=$A{0}$A{0}\n", at - 1)).collect();
    let text = format!("ARG A0=xxxxxxxx\n{}", doubling.concat());
    let file = parse(&(text + "FROM $A59")).unwrap();
    assert!(file.resolve("$A59").len() < 100);
}
