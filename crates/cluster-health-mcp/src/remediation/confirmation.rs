//! Proof that the same caller asked for the same thing a short while ago, and was told what it would do. Good once.
//!
//! There are two sorts: one that a client gives back with its user's answer to our question, and one for clients that
//! cannot ask their user, which comes back as an argument. Neither counts as the other, so that a model cannot answer a
//! question that was meant for a person.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SystemRandom;

use super::gate::Action;

/// For a person to read and decide.
const VALID: Duration = Duration::from_secs(300);
const MOST_USED: usize = 4096;
const VERSION: &str = "c1";
/// Put before a confirmation that came with a user's answer, by the protocol's side and by nobody else.
pub const ELICITED: char = '!';

pub(super) struct Confirmations {
    /// Of this process: after a restart, or on another replica, the question is asked again.
    key: hmac::Key,
    /// Until when they would count.
    used: Mutex<HashMap<String, u64>>,
}

/// Who gives it back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Model,
    Person,
}

impl Confirmations {
    /// Nothing when the system has no random numbers.
    pub(super) fn new() -> Option<Self> {
        let key = hmac::Key::generate(HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self { key, used: Mutex::default() })
    }

    pub(super) fn give(&self, who: &str, action: &Action, by: By) -> String {
        self.give_at(who, action, by, now())
    }

    fn give_at(&self, who: &str, action: &Action, by: By, now: u64) -> String {
        let ends = now + VALID.as_secs();
        let tag = hmac::sign(&self.key, &message(who, action, by, ends));
        let hex: String = tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{VERSION}{ends:x}-{hex}")
    }

    /// Whether it was given for this, still counts, and was not used. Uses it.
    pub(super) fn take(&self, who: &str, action: &Action, by: By, text: &str) -> bool {
        self.take_at(who, action, by, text, now())
    }

    fn take_at(&self, who: &str, action: &Action, by: By, text: &str, now: u64) -> bool {
        let Some((ends, _)) = text.strip_prefix(VERSION).and_then(|rest| rest.split_once('-')) else { return false };
        let Ok(ends) = u64::from_str_radix(ends, 16) else { return false };
        if ends <= now || ends > now + VALID.as_secs() {
            return false;
        }
        let expected = self.give_at(who, action, by, ends - VALID.as_secs());
        // Compared by their own digests, which takes the same time wherever they differ
        if hmac::verify(&self.key, text.as_bytes(), hmac::sign(&self.key, expected.as_bytes()).as_ref()).is_err() {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| *ends > now);
        used.len() < MOST_USED && used.insert(text.to_owned(), ends).is_none()
    }
}

/// Lengths keep one field from running into the next.
fn message(who: &str, action: &Action, by: By, ends: u64) -> Vec<u8> {
    let by = if by == By::Person { "person" } else { "model" };
    let ends = ends.to_string();
    let mut out = Vec::new();
    for field in [who, action.tool, &action.arguments, by, &ends] {
        out.extend_from_slice(&(field.len() as u64).to_be_bytes());
        out.extend_from_slice(field.as_bytes());
    }
    out
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callers::Right;

    fn action(arguments: &str) -> Action {
        let right = Right::Path { path: "/x".to_owned(), verb: "post".to_owned() };
        let (intent, arguments) = ("restarts x".to_owned(), arguments.to_owned());
        Action { tool: "restart", intent, arguments, rights: vec![right], dry_run: false }
    }

    #[test]
    fn it_counts_for_one_caller_one_call_one_time_and_a_short_while() {
        let (all, this) = (Confirmations::new().unwrap(), action("{\"name\":\"x\"}"));
        let given = all.give_at("ann", &this, By::Model, 1000);
        let others = Confirmations::new().unwrap();
        for refused in [
            all.take_at("ben", &this, By::Model, &given, 1001),
            all.take_at("ann", &action("{\"name\":\"y\"}"), By::Model, &given, 1001),
            all.take_at("ann", &this, By::Person, &given, 1001),
            all.take_at("ann", &this, By::Model, &given, 1000 + VALID.as_secs()),
            all.take_at("ann", &this, By::Model, &given.replace("c1", "c1f"), 1001),
            all.take_at("ann", &this, By::Model, &given[..given.len() - 1], 1001),
            others.take_at("ann", &this, By::Model, &given, 1001),
            all.take_at("ann", &this, By::Model, "", 1001),
        ] {
            assert!(!refused);
        }
        assert!(all.take_at("ann", &this, By::Model, &given, 1001));
        assert!(!all.take_at("ann", &this, By::Model, &given, 1002));
    }
}
