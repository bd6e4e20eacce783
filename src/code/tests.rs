//! Tests of the evaluator with several languages.

use std::rc::Rc;

use super::dialect::Dialect;
use super::tree::{Kind, Piece, Tree};
use crate::detect::{go, java, node, python, rust};

fn tree(dialect: &'static Dialect, text: &str) -> Tree {
    Tree::new(dialect, &Rc::from(text))
}

fn words(dialect: &'static Dialect, text: &str) -> String {
    let tree = tree(dialect, text);
    (0..tree.len()).map(|at| tree.word(at)).collect::<Vec<_>>().join(" ")
}

/// The values of all strings.
fn strings(dialect: &'static Dialect, text: &str) -> Vec<String> {
    let tree = tree(dialect, text);
    (0..tree.len()).filter_map(|at| tree.string(at)).map(std::borrow::Cow::into_owned).collect()
}

#[test]
fn strings_characters_and_comments_do_not_leak() {
    let text = "a := \"x // y\\\"\" // package main\n/* package\nmain */ b := `\"` + '\"' + '\\''";
    assert_eq!(words(&go::DIALECT, text), "a := \"x // y\\\"\" ; b := `\"` + '\"' + '\\'' ;");
    assert_eq!(
        words(&node::DIALECT, "a /* x.listen(1) */ b // c\n'd\\'e'; x = /[/'\"]/g.test(y) / 2"),
        "a b ; 'd\\'e' ; x = /[/'\"]/g . test ( y ) / 2 ;"
    );
    assert_eq!(
        words(&rust::DIALECT, "fn f<'a>(c: char) { '\"' /* a /* b */ c */ ; r#\"x \" y\"# }"),
        "fn f < 'a > ( c : char ) { '\"' ; r#\"x \" y\"# }"
    );
    assert_eq!(
        words(&java::DIALECT, "char c = '\"'; String s = \"\"\"\na \"b\" \"\"\";"),
        "char c = '\"' ; String s = \"\"\"\na \"b\" \"\"\" ;"
    );
    assert_eq!(words(&python::DIALECT, "x = 'a' # b\ny = [1,\n 2]\n"), "x = 'a' ; y = [ 1 , 2 ] ;");
}

#[test]
fn strings_have_values() {
    let all = "\"a\\\"\\x41\\u00e9\\101\" + `a\\n`";
    assert_eq!(strings(&go::DIALECT, all), ["a\"A\u{e9}A", "a\\n"]);
    assert_eq!(strings(&go::DIALECT, "\"abc\n"), [""; 0]);
    assert_eq!(
        strings(&rust::DIALECT, "r##\"a\"# b\"## b\"x\\u{41}\" \"a\\\n   b\""),
        ["a\"# b", "xA", "ab"]
    );
    assert_eq!(strings(&python::DIALECT, "r'a\\n' b\"c\" '''d'e'''"), ["a\\n", "c", "d'e"]);
}

#[test]
fn strings_with_expressions_are_taken_apart() {
    let text = "`b${c + `d${e}`}f${ {a: 1} }g` + x";
    let found = tree(&node::DIALECT, text);
    let pieces: Vec<String> = found
        .pieces(0)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(at) => found.string(at).unwrap().into_owned(),
            Piece::Hole(range) => {
                format!("<{}>", range.map(|at| found.word(at)).collect::<Vec<_>>().join(" "))
            }
        })
        .collect();
    assert_eq!(pieces, ["b", "<c + `d${ e }`>", "f", "<{ a : 1 }>", "g"]);
    assert_eq!(found.word(found.closing(0) + 1), "+");
    let found = tree(&python::DIALECT, "f\"{host}:{{}}{port}\"");
    assert_eq!(found.pieces(0).len(), 5);
    assert_eq!(found.string(2).unwrap(), ":{{}}");
}

#[test]
fn line_ends_end_statements() {
    assert_eq!(
        words(&go::DIALECT, "x :=\n f(\n1,\n)\nreturn\nif x {\n}\n"),
        "x := f ( 1 , ) ; return ; if x { } ;"
    );
    assert_eq!(
        words(&node::DIALECT, "const a = b\n  .c(1,\n2)\n  || d\nconst e = 1\n"),
        "const a = b . c ( 1 , 2 ) || d ; const e = 1 ;"
    );
}

#[test]
fn brackets_find_each_other() {
    let found = tree(&go::DIALECT, "f(a, g(b, c), []int{1, 2})");
    let all: Vec<String> = found
        .elements(1)
        .into_iter()
        .map(|range| range.map(|at| found.word(at)).collect::<String>())
        .collect();
    assert_eq!(all, ["a", "g(b,c)", "[]int{1,2}"]);
    assert_eq!(found.enclosing(6).map(|at| found.word(at)), Some("("));
    assert_eq!(tree(&go::DIALECT, "f(").closing(1), 2);
    // An unclosed bracket ends with the braces around it.
    let found = tree(&node::DIALECT, "{ a( } b");
    assert_eq!((found.closing(0), found.closing(2)), (3, 3));
}

#[test]
fn lines_are_counted_through_strings_and_comments() {
    let text = "a\n`\n\n`\n/*\n*/ b";
    let found = tree(&go::DIALECT, text);
    assert_eq!(
        (0..found.len()).find(|&at| found.word(at) == "b").map(|at| found.line(at)),
        Some(6)
    );
    assert_eq!(found.comments()[0].line, 5);
}

#[test]
fn broken_text_ends() {
    for dialect in [&go::DIALECT, &node::DIALECT, &rust::DIALECT, &java::DIALECT, &python::DIALECT]
    {
        for text in [
            "\"",
            "'abc",
            "`a${b",
            "/* x",
            "x = /abc",
            "((((",
            "}",
            "\\",
            "é`${",
            "'\\",
            "r#\"",
            "'é",
            "\"\\",
            "\u{feff}x",
            "\u{0}\u{1}",
            "#!/bin/sh",
            "f\"{",
            "`${`${`",
            "`${(}`",
            "r####",
        ] {
            let found = tree(dialect, text);
            for at in 0..=found.len() {
                let _ = (found.word(at), found.string(at), found.pieces(at), found.elements(at));
                assert!(found.kind(at).is_none() || found.closing(at) <= found.len());
            }
        }
    }
    assert_eq!(tree(&node::DIALECT, "/(").kind(0), Some(Kind::Mark));
}

#[test]
fn hostile_text_takes_linear_time() {
    for unit in ["(", "{", "`${", "}", "/[=", "r#", "((}", "/*", "'\\", "{(", "\"\\\n", "0."] {
        for dialect in [&go::DIALECT, &node::DIALECT, &rust::DIALECT, &python::DIALECT] {
            let took = [4_000, 32_000].map(|times| {
                let text = unit.repeat(times);
                let started = std::time::Instant::now();
                assert!(tree(dialect, &text).len() <= 3 * times + 1);
                started.elapsed().as_millis()
            });
            // Eight times the text; quadratic work would take 64 times as long.
            assert!(took[1] <= 40 * took[0].max(20), "{unit:?}: {took:?} ms");
        }
    }
}

#[test]
fn indented_lines_are_blocks() {
    let text = "\
if a:  # why
    b = (1,
  2)

  # not a block
    if c: d()
    else:
\te = \\
  3
f()";
    assert_eq!(
        words(&python::DIALECT, text),
        "if a : { b = ( 1 , 2 ) ; if c : d ( ) ; else : { e = 3 ; } } f ( ) ;"
    );
    let tree = tree(&python::DIALECT, text);
    let open = (0..tree.len()).find(|&at| tree.word(at) == "{").unwrap();
    assert_eq!(tree.word(tree.closing(open) + 1), "f");
    assert_eq!(tree.opening(tree.closing(open)), open);
    assert_eq!(tree.enclosing(open + 1), Some(open));
    // Ends of lines that close nothing, and lines that are indented for no reason.
    for text in ["  a\n b\n", ")\n  ]:\n    x\n }\n", "a:\n  b:\nc:", ":\n\n\n", "{\n  a:\n b\n"] {
        let tree = Tree::new(&python::DIALECT, &Rc::from(text));
        assert!((0..tree.len()).all(|at| tree.closing(at) >= at), "{text:?}");
    }
}
