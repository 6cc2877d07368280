//! Lists: in pages, streamed while they are made, compressed for who wants it.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tokio::sync::mpsc;

use super::Shared;
use super::body::CHUNK;
use super::selector::Selector;
use super::status::Status;
use crate::population::Moment;
use crate::resources::Resource;

/// Bytes from which an API server compresses.
const WORTH_COMPRESSING: usize = 128 * 1024;

/// Which objects are meant.
pub(super) struct Wanted {
    pub(super) resource: &'static Resource,
    pub(super) namespace: Option<String>,
    pub(super) selector: Selector,
}

pub(super) enum Item {
    Made(usize),
    Stored(Bytes),
}

pub(super) struct Page {
    pub(super) version: u64,
    pub(super) items: Vec<Item>,
    pub(super) next: Option<String>,
    remaining: usize,
}

/// The objects after a continue token, at most `limit`.
pub(super) fn page(shared: &Shared, wanted: &Wanted, after: Option<&str>, limit: usize) -> Result<Page, Status> {
    let plural = wanted.resource.plural;
    let store = shared.store();
    let (version, place) = match after {
        None => (store.version, Place::Made(0)),
        Some(token) => {
            let (version, place) = read_token(token).ok_or_else(|| Status::bad_request("continue key is not valid"))?;
            if store.is_too_old(version) {
                return Err(Status::expired());
            }
            (version, place)
        }
    };
    let (first, after_key) = match place {
        Place::Made(index) => (index, None),
        Place::Stored(key) => (usize::MAX, Some(key)),
    };
    let made = (first..shared.population.count(plural))
        .filter(|&index| wanted.wants_made(shared, index))
        .map(|index| (format!("m{index}"), Item::Made(index)));
    let stored = store
        .objects(plural)
        .filter(|(key, object)| after_key.as_ref().is_none_or(|after| *key >= after) && wanted.wants(&key.0, object))
        .map(|((namespace, name), object)| (format!("s{namespace}/{name}"), Item::Stored(object.clone())));
    let mut all = made.chain(stored);
    let items: Vec<Item> = all.by_ref().take(limit).map(|(_, item)| item).collect();
    let next = all.next();
    let remaining = next.as_ref().map_or(0, |_| 1 + all.count());
    Ok(Page { version, items, next: next.map(|(place, _)| format!("v{version}.{place}")), remaining })
}

/// Where a page starts.
enum Place {
    Made(usize),
    Stored((String, String)),
}

fn read_token(token: &str) -> Option<(u64, Place)> {
    let (version, place) = token.strip_prefix('v')?.split_once('.')?;
    let place = match place.split_at_checked(1)? {
        ("m", index) => Place::Made(index.parse().ok()?),
        ("s", key) => Place::Stored(key.split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned()))?),
        _ => return None,
    };
    Some((version.parse().ok()?, place))
}

impl Wanted {
    pub(super) fn wants(&self, namespace: &str, tail: &[u8]) -> bool {
        self.namespace.as_deref().is_none_or(|wanted| wanted == namespace) && self.selector.matches(tail)
    }

    fn wants_made(&self, shared: &Shared, index: usize) -> bool {
        let plural = self.resource.plural;
        if self.namespace.as_ref().is_some_and(|wanted| *wanted != shared.population.namespace_of(plural, index)) {
            return false;
        }
        let mut tail = Vec::new();
        if !self.selector.is_empty() {
            shared.population.write(plural, index, Moment::first(index), &mut tail);
        }
        self.selector.matches(&tail)
    }
}

impl Item {
    /// Appends the object after its header.
    pub(super) fn write(&self, shared: &Shared, plural: &str, out: &mut Vec<u8>) {
        match self {
            Item::Made(index) => shared.population.write(plural, *index, Moment::first(*index), out),
            Item::Stored(object) => out.extend_from_slice(object),
        }
    }
}

/// Every object of a kind as JSON with its header.
pub(super) fn everything(shared: &Shared, resource: &'static Resource) -> Vec<Value> {
    let wanted = Wanted { resource, namespace: None, selector: Selector::default() };
    let items = page(shared, &wanted, None, usize::MAX).map(|page| page.items).unwrap_or_default();
    let object = |item: Item| {
        let mut text = resource.header().into_bytes();
        item.write(shared, resource.plural, &mut text);
        serde_json::from_slice(&text).unwrap_or_default()
    };
    items.into_iter().map(object).collect()
}

/// Sends the page; ends early when the client has gone.
pub(super) async fn stream(
    shared: Arc<Shared>,
    resource: &'static Resource,
    page: Page,
    to: mpsc::Sender<io::Result<Bytes>>,
    mut packer: Packer,
) {
    let cut_after = shared.behaviour().cut_lists_after.take_if(|items| *items < page.items.len());
    let header = if resource.is_custom() { resource.header() } else { "{".to_owned() };
    let mut out = head(resource, &page).into_bytes();
    for (position, item) in page.items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        out.extend_from_slice(header.as_bytes());
        if cut_after == Some(position) {
            let whole = packer.pack(&out);
            let _ = to.send(Ok(whole)).await;
            let _ = to.send(Err(io::ErrorKind::ConnectionReset.into())).await;
            return;
        }
        item.write(&shared, resource.plural, &mut out);
        if out.len() >= CHUNK {
            let packed = packer.pack(&out);
            out.clear();
            if !packed.is_empty() && to.send(Ok(packed)).await.is_err() {
                return;
            }
        }
    }
    out.extend_from_slice(b"]}\n");
    let _ = to.send(Ok(packer.finish(&out))).await;
}

fn head(resource: &Resource, page: &Page) -> String {
    let next = page
        .next
        .as_ref()
        .map_or(String::new(), |next| format!(r#","continue":"{next}","remainingItemCount":{}"#, page.remaining));
    format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"{}"{next}}},"items":["#,
        resource.kind,
        resource.api_version(),
        page.version,
    )
}

/// Compresses, or does not.
pub(super) enum Packer {
    Plain,
    Gzip(GzEncoder<Vec<u8>>),
}

impl Packer {
    /// Level 1, as API servers do it.
    pub(super) fn gzip() -> Self {
        Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast()))
    }

    /// Whether a page is worth it; guessed from its first object.
    pub(super) fn is_worth_it(shared: &Shared, resource: &Resource, page: &Page) -> bool {
        let mut first = Vec::new();
        if let Some(item) = page.items.first() {
            item.write(shared, resource.plural, &mut first);
        }
        first.len() * page.items.len() > WORTH_COMPRESSING
    }

    fn pack(&mut self, bytes: &[u8]) -> Bytes {
        match self {
            Self::Plain => Bytes::copy_from_slice(bytes),
            Self::Gzip(encoder) => {
                // Writing to a vector cannot fail
                let _ = encoder.write_all(bytes);
                std::mem::take(encoder.get_mut()).into()
            }
        }
    }

    fn finish(mut self, bytes: &[u8]) -> Bytes {
        let last = self.pack(bytes);
        match self {
            Self::Plain => last,
            Self::Gzip(encoder) => [&*last, &encoder.finish().unwrap_or_default()].concat().into(),
        }
    }
}

/// A generated object by its name; looked for one by one.
pub(super) fn made(shared: &Shared, resource: &'static Resource, namespace: &str, name: &str) -> Option<Bytes> {
    let (plural, quoted) = (resource.plural, format!("\"name\":\"{name}\""));
    let candidates = 0..shared.population.count(plural);
    candidates.filter(|&index| shared.population.namespace_of(plural, index) == namespace).find_map(|index| {
        let mut tail = Vec::new();
        shared.population.write(plural, index, Moment::first(index), &mut tail);
        let own_name = &tail[..tail.len().min("\"metadata\":{".len() + quoted.len())];
        own_name.ends_with(quoted.as_bytes()).then(|| tail.into())
    })
}
