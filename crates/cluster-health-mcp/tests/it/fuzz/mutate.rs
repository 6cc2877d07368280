//! Inputs that are nearly right, from ones that are. Fuzzers of a compiler's nightly build follow coverage; this one runs
//! wherever the tests do, begins with a corpus that reaches deep, and repeats itself by its seed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pieces that parsers treat apart.
const TOKENS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "9223372036854775808",
    "0.1",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{200b}",
    "é",
    "\u{1f480}",
    "\\u0000",
    "\\ud800",
    "-----BEGIN X-----",
    "-----END X-----",
    "password=",
    "://a:b@",
    "sha256~",
    "eyJ",
    "Bearer ",
    " in (",
    "!=",
    ",",
    "Ki",
    "m",
    "E",
    "\r\n",
    "\n---\n",
    "- ",
    "&a ",
    "*a",
    "!!binary ",
    "|\n",
    "%",
    "\u{feff}",
];

/// Changed inputs a target gets unless told otherwise.
const INPUTS: usize = 500;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|error| panic!("{variable}={text}: {error}")))
}

pub(crate) struct Corpus {
    folder: PathBuf,
    inputs: Vec<Vec<u8>>,
    state: u64,
}

impl Corpus {
    /// What is kept for a target, and `more`.
    pub(crate) fn of(target: &str, more: Vec<Vec<u8>>) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
        let mut files: Vec<_> =
            fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let kept = files.into_iter().map(|file| fs::read(file).unwrap());
        let inputs: Vec<_> = kept.chain(more).collect();
        assert!(!inputs.is_empty(), "no corpus for {target}");
        Self { folder, inputs, state: number("FUZZ_SEED").unwrap_or(1) }
    }

    /// First every input as it is, then changed ones: `FUZZ_INPUTS` of them, so that a run that passes here passes
    /// anywhere, or as many as fit into `FUZZ_SECONDS`. What fails is kept.
    pub(crate) fn run(mut self, mut target: impl FnMut(&[u8])) {
        let limit = number("FUZZ_SECONDS").map(Duration::from_secs);
        let most = number("FUZZ_INPUTS").map_or(INPUTS, |inputs| usize::try_from(inputs).unwrap());
        let start = Instant::now();
        let goes_on = |changed: usize| limit.map_or(changed < most, |limit| start.elapsed() < limit);
        let mut tried = 0;
        while tried < self.inputs.len() || goes_on(tried - self.inputs.len()) {
            let input = self.inputs.get(tried).cloned().unwrap_or_else(|| self.changed());
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(&input)));
            if outcome.is_err() {
                let file = self.folder.join(format!("found-{tried}"));
                fs::write(&file, &input).unwrap();
                panic!("input {tried} fails; it is kept as {}", file.display());
            }
            tried += 1;
        }
    }

    fn random(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 11).unwrap() % below.max(1)
    }

    fn changed(&mut self) -> Vec<u8> {
        let at = self.random(self.inputs.len());
        let mut input = self.inputs[at].clone();
        for _ in 0..=self.random(6) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (from, length) = (self.random(input.len() + 1), self.random(64));
        let to = (from + length).min(input.len());
        match self.random(7) {
            0 if from < input.len() => input[from] ^= 1 << self.random(8),
            1 => drop(input.drain(from..to)),
            2 => {
                let piece = input[from..to].to_vec();
                (0..=self.random(20)).for_each(|_| drop(input.splice(from..from, piece.iter().copied())));
            }
            3 => input.truncate(from),
            4 => {
                let other = self.random(self.inputs.len());
                let tail = self.inputs[other].clone();
                let start = self.random(tail.len());
                input.truncate(from);
                input.extend_from_slice(&tail[start..]);
            }
            _ => {
                let token = TOKENS[self.random(TOKENS.len())];
                input.splice(from..to.min(from + self.random(4)), token.bytes());
            }
        }
        input.truncate(1 << 16);
    }
}
