//! The variables that a schema demands of an object that the code makes by hand: `const schema =
//! z.object({ url: z.string() }); schema.parse({ url: process.env.NAME })`.

use super::super::super::token::{Token, arguments, closing, split};
use super::{Source, stated, variable};

/// How many calls of `parse` in one file are read.
const MAX_PARSED: usize = 16;

/// How deep objects of a schema are followed.
const MAX_DEPTH: usize = 4;

/// The variables, with their places.
pub(super) fn variables(source: &Source) -> Vec<(&str, usize)> {
    let tokens = source.tokens.as_slice();
    let mut found = Vec::new();
    let parses = |token: &Token| {
        token.word().is_some_and(|word| {
            matches!(word, "parse" | "safeParse" | "parseAsync" | "safeParseAsync")
        })
    };
    let calls = tokens.windows(3).enumerate().filter(|(at, window)| {
        *at > 1 && parses(&window[0]) && window[1].is('(') && window[2].is('{')
    });
    for (at, _) in calls.take(MAX_PARSED) {
        // The schema stands before the call, or in a constant of the file.
        let schema = match tokens[at - 2].word() {
            Some(_) => &tokens[at - 2..=at - 2],
            None => match tokens[..at - 2].iter().rposition(|token| token.is_word("object")) {
                Some(object) if object > 1 => &tokens[object - 2..],
                _ => continue,
            },
        };
        let end = closing(tokens, at + 2) + 1;
        let given = &tokens[at + 2..end.min(tokens.len())];
        demanded(tokens, schema, given, MAX_DEPTH, &mut found);
    }
    found
}

/// Adds the variables that the members of `given` read and that a schema demands.
fn demanded<'t>(
    tokens: &'t [Token],
    schema: &'t [Token],
    given: &'t [Token],
    depth: usize,
    found: &mut Vec<(&'t str, usize)>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let schema = defined(tokens, schema);
    let [_, dot, kind, open, ..] = schema else { return };
    if !dot.is('.') || !open.is('(') {
        return;
    }
    let args = arguments(schema, 3);
    match (kind.word(), args.as_slice()) {
        (Some("object" | "strictObject" | "looseObject"), [fields, ..]) => {
            for (key, field) in keys(fields) {
                let Some(value) = member(given, key) else { continue };
                if value.first().is_some_and(|first| first.is('{')) {
                    let of = fields.get(field + 2..).unwrap_or_default();
                    demanded(tokens, of, value, depth, found);
                } else if stated(fields, field) {
                    found.extend(read(value));
                }
            }
        }
        // `z.discriminatedUnion("type", [...])` needs the key that chooses.
        (Some("discriminatedUnion" | "variant"), [key, ..]) => {
            let value = key.first().and_then(Token::text).and_then(|key| member(given, key));
            found.extend(value.and_then(read));
        }
        _ => {}
    }
}

/// A schema, or what the constant holds that it names.
fn defined<'t>(tokens: &'t [Token], schema: &'t [Token]) -> &'t [Token] {
    let named = match schema {
        [] => return schema,
        [one] => one.word(),
        [one, next, ..] => one.word().filter(|_| next.is(',') || next.is('}')),
    };
    let Some(name) = named else { return schema };
    let set = |window: &[Token]| window[0].is_word(name) && window[1].is('=');
    let at = tokens.windows(2).position(set);
    at.and_then(|at| tokens.get(at + 2..)).unwrap_or_default()
}

/// The keys of an object, with their places in it.
fn keys(object: &[Token]) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(token) = object.get(at) {
        if token.is('(') || token.is('[') || token.is('{') {
            at = closing(object, at) + 1;
            continue;
        }
        let key = object.get(at + 1).is_some_and(|next| next.is(':'));
        let first = object[at - 1].is('{') || object[at - 1].is(',');
        found.extend(token.word().filter(|_| key && first).map(|word| (word, at)));
        at += 1;
    }
    found
}

/// The value of a member of an object.
fn member<'t>(object: &'t [Token], key: &str) -> Option<&'t [Token]> {
    let inner = object.get(1..object.len().saturating_sub(1)).unwrap_or_default();
    split(inner).into_iter().find_map(|one| {
        let named = one.first().and_then(Token::word) == Some(key);
        let value = one.get(1).filter(|token| token.is(':')).and(one.get(2..));
        value.filter(|_| named)
    })
}

/// The variable that a value is, also in a call: `Number(process.env.NAME)`.
fn read(value: &[Token]) -> Option<(&str, usize)> {
    let place = value.first()?.at;
    let inner = match value {
        [of, open, ..] if of.word().is_some() && open.is('(') => *arguments(value, 1).first()?,
        _ => value,
    };
    let (name, end) = variable(inner, 0)?;
    (end == inner.len()).then_some((name, place))
}

#[cfg(test)]
mod tests {
    use super::super::tests::said;

    #[test]
    fn schemas_of_schemas_are_followed() {
        let all = "const db = z.discriminatedUnion('type', [a, b]);\n\
            const schema = z.object({ session: z.object({ secret: z.string().min(32).describe('A_KEY'),\n\
            life: z.number().default(1) }), db, media: z.object({ path: z.string() }).optional() });\n";
        let given = "{ session: { secret: process.env.A_KEY, life: num(process.env.LIFE) },\n\
            db: { type: process.env.DB_TYPE }, other: process.env.OTHER }";
        for call in [
            format!("const r = schema.safeParse({given}); if (r.error) process.exit(1)"),
            format!(
                "export default registerAs('x', () => {{ const r = schema.safeParse({given}); if (r.error) throw r.error }})"
            ),
        ] {
            let what = said(&format!("{all}{call}"));
            assert_eq!(what, "the program stops as it starts without A_KEY", "{call}");
        }
        let union = all.replace(", db,", ", db: db,");
        let what = said(&format!("{union}schema.parse({given})"));
        assert_eq!(what, "the program stops as it starts without A_KEY, DB_TYPE");
        let nested = "z.object({ media: z.object({ path: z.string() }).optional() }).parse({ media: { path: process.env.P } })";
        assert_eq!(said(nested), "");
    }
}
