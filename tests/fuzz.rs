//! A bounded random search with the bodies that the fuzz targets run: arbitrary bytes, and
//! mutations of the corpus. The seed is fixed; `DOCKGEN_FUZZ_SEED` and `DOCKGEN_FUZZ_SECONDS` search
//! elsewhere, and longer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

#[path = "fuzz/bodies.rs"]
mod bodies;
mod watch;

use std::time::{Duration, Instant};

use bodies::{BODIES, corpus};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use watch::Watch;

/// What a reader of text looks at.
const PIECES: [&str; 24] = [
    "{", "}", "[", "]", "(", ")", "\"", "'", "`", "${", "/*", "//", "#", "\\", "\n", "\r",
    "\u{2028}", ": ", "- ", "&a ", "*a ", "<a>", "=", "\0",
];

fn number(text: &str) -> Option<u64> {
    std::env::var(text).ok()?.parse().ok()
}

fn below(random: &mut TestRng, end: usize) -> usize {
    usize::try_from(random.next_u64() % (end.max(1) as u64)).unwrap()
}

/// A member of the corpus, or nothing, after a few edits.
fn input(random: &mut TestRng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus.get(below(random, corpus.len() + 1)).cloned().unwrap_or_default();
    for _ in 0..below(random, 8) {
        let at = below(random, bytes.len() + 1);
        let end = (at + below(random, 40)).min(bytes.len());
        match below(random, 5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let again = bytes[at..end].repeat(1 + below(random, 200));
                drop(bytes.splice(at..at, again));
            }
            2 => {
                let piece = PIECES[below(random, PIECES.len())].repeat(1 + below(random, 300));
                drop(bytes.splice(at..at, piece.into_bytes()));
            }
            3 => {
                let more: Vec<u8> =
                    (0..below(random, 16)).map(|_| random.next_u32().to_le_bytes()[0]).collect();
                drop(bytes.splice(at..end, more));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << below(random, 8);
                }
            }
        }
        bytes.truncate(64 << 10);
    }
    bytes
}

#[test]
fn nothing_that_is_read_panics_or_hangs() {
    let seed = number("DOCKGEN_FUZZ_SEED").unwrap_or(20_261_124);
    let patience = Duration::from_secs(number("DOCKGEN_FUZZ_SECONDS").unwrap_or(10));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let began = Instant::now();
    // The corpus itself, then edits of it until the time is over.
    for (name, body) in BODIES {
        for bytes in corpus(name) {
            body(&bytes);
        }
    }
    let corpora: Vec<Vec<Vec<u8>>> = BODIES.iter().map(|(name, _)| corpus(name)).collect();
    let mut runs = 0_u64;
    while began.elapsed() < patience {
        for ((name, body), corpus) in BODIES.iter().zip(&corpora) {
            let bytes = input(&mut random, corpus);
            let shown = (seed, name, String::from_utf8_lossy(&bytes).into_owned());
            let _watch = Watch::over("nothing_that_is_read_panics_or_hangs", &shown);
            let outcome = std::panic::catch_unwind(|| body(&bytes));
            assert!(outcome.is_ok(), "{name} panics, seed {seed}, on {:?}", shown.2);
            runs += 1;
        }
    }
    assert!(runs > 0);
}
