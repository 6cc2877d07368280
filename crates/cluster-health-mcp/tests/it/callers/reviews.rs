//! A cluster that knows tokens and rights from a table, and an audit log that can be read back.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cluster_health_mcp::callers::{Away, Identity, Reviews, Right};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) away: AtomicBool,
    /// Questions of both sorts.
    pub(crate) asked: AtomicUsize,
    /// As they came, since somebody forgot them.
    pub(crate) questions: Mutex<Vec<String>>,
    users: Mutex<HashMap<String, String>>,
    /// A user or group and a namespace in which it may do everything; all of the cluster when it is empty.
    namespaces: Mutex<HashSet<(String, String)>>,
    paths: Mutex<HashSet<(String, String)>>,
}

impl Table {
    pub(crate) fn user(&self, token: &str, name: &str) {
        self.users.lock().unwrap().insert(token.to_owned(), name.to_owned());
    }

    pub(crate) fn grant(&self, user: &str, namespace: &str) {
        self.namespaces.lock().unwrap().insert((user.to_owned(), namespace.to_owned()));
    }

    pub(crate) fn forget_token(&self, token: &str) {
        self.users.lock().unwrap().remove(token);
    }

    pub(crate) fn revoke(&self, user: &str, namespace: &str) {
        self.namespaces.lock().unwrap().remove(&(user.to_owned(), namespace.to_owned()));
    }

    pub(crate) fn path(&self, user: &str, path: &str) {
        self.paths.lock().unwrap().insert((user.to_owned(), path.to_owned()));
    }

    fn answer<T: Send + 'static>(&self, answer: T) -> BoxFuture<'_, Result<T, Away>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let away = self.away.load(Ordering::SeqCst);
        let answer = if away { Err(Away("the API server: connection refused".to_owned())) } else { Ok(answer) };
        Box::pin(std::future::ready(answer))
    }
}

impl Reviews for Table {
    fn token<'a>(&'a self, token: &'a str, _: &'a [String]) -> BoxFuture<'a, Result<Option<Identity>, Away>> {
        self.questions.lock().unwrap().push("whose token".to_owned());
        let user = self.users.lock().unwrap().get(token).cloned();
        self.answer(user.map(|user| Identity { user, ..Identity::default() })).boxed()
    }

    fn access<'a>(&'a self, who: &'a Identity, right: &'a Right) -> BoxFuture<'a, Result<bool, Away>> {
        self.questions.lock().unwrap().push(format!("{right:?}"));
        let subjects: Vec<&String> = [&who.user].into_iter().chain(&who.groups).collect();
        let any = |table: &HashSet<(String, String)>, place: &str| {
            subjects.iter().any(|subject| table.contains(&((*subject).clone(), place.to_owned())))
        };
        let allowed = match right {
            Right::Path { path, .. } => any(&self.paths.lock().unwrap(), path),
            Right::Object(object) => {
                let granted = self.namespaces.lock().unwrap();
                any(&granted, "") || any(&granted, &object.namespace)
            }
        };
        self.answer(allowed).boxed()
    }
}

/// What was written.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn all(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
