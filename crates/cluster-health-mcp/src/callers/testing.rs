//! A cluster that answers reviews from a table, and counts.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Away, Identity, Reviews, Right};

#[derive(Default)]
pub(crate) struct Cluster {
    pub(crate) away: AtomicBool,
    pub(crate) tokens_asked: AtomicUsize,
    pub(crate) accesses_asked: AtomicUsize,
    users: Mutex<HashMap<String, String>>,
    /// User, resource, namespace; all namespaces when it is empty.
    rights: Mutex<HashSet<(String, String, String)>>,
}

impl Cluster {
    pub(crate) fn users(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.users.lock().unwrap()
    }

    pub(crate) fn rights(&self) -> MutexGuard<'_, HashSet<(String, String, String)>> {
        self.rights.lock().unwrap()
    }

    pub(crate) fn knows(&self, token: &str, user: &str) {
        self.users().insert(token.to_owned(), user.to_owned());
    }

    /// `*` stands for every resource.
    pub(crate) fn grants(&self, user: &str, resource: &str, namespace: &str) {
        self.rights().insert((user.to_owned(), resource.to_owned(), namespace.to_owned()));
    }

    fn answer<T>(&self, answer: T) -> Result<T, Away> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(Away("the API server: connection refused".to_owned())),
            false => Ok(answer),
        }
    }
}

impl Reviews for Cluster {
    fn token<'a>(&'a self, token: &'a str, _: &'a [String]) -> BoxFuture<'a, Result<Option<Identity>, Away>> {
        async move {
            self.tokens_asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            let user = self.users().get(token).cloned();
            self.answer(user.map(|user| Identity { user, ..Identity::default() }))
        }
        .boxed()
    }

    fn access<'a>(&'a self, who: &'a Identity, right: &'a Right) -> BoxFuture<'a, Result<bool, Away>> {
        self.accesses_asked.fetch_add(1, Ordering::SeqCst);
        let (resource, namespace) = match right {
            Right::Object(object) => (object.resource.clone(), object.namespace.clone()),
            Right::Path { path, .. } => (path.clone(), String::new()),
        };
        let rights = self.rights();
        let has = |resource: &str, namespace: &str| {
            rights.contains(&(who.user.clone(), resource.to_owned(), namespace.to_owned()))
        };
        let allowed = ["*", &resource].iter().any(|resource| has(resource, "") || has(resource, &namespace));
        let answer = self.answer(allowed);
        std::future::ready(answer).boxed()
    }
}
