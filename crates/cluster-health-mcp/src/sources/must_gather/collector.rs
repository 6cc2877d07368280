//! Takes an archive's files as they stream by, decodes them beside the reading, and merges the objects: of two copies
//! the newer counts, whichever came first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use cluster_health::change::Change;
use cluster_health::coverage::{Reason, Seen};
use cluster_health::decode::{self, DecodeError};
use cluster_health::log_signs::{self, Logs};
use cluster_health::model::{Kind, Object, Origin, Scope};
use cluster_health::name::Name;
use cluster_health::{Cluster, Index, Time, untrusted};

use super::MustGatherError;
use super::etcd_info::EtcdInfo;
use super::items::{Item, Items, Shape};
use super::layout::{self, Place, Resource, What, place};
use super::roots::Roots;
use crate::integrations::alerts;
use crate::sources::archive::{ArchiveError, File, Summary, Visitor};

/// Decoding keeps up with decompressing on one other core; a second helps with plain folders.
const DECODERS: usize = 2;
/// Files that wait for a decoder: enough to keep it busy, few enough to bound memory.
const WAITING_FILES: usize = 16;

/// A log of a run before this one is rarely longer; it is looked at once and not kept.
const LOG_BYTES: u64 = 8 << 20;
/// The end of a log that is looked at.
const LOG_TAIL: usize = 16 << 10;
/// Of why alerts could not be read.
const GAP_CHARS: usize = 200;
/// Containers whose logs' signs are kept.
const LOGS: usize = 5_000;

/// What the archive's reader talks to.
pub struct Collector<'a, 'p> {
    files: SyncSender<File>,
    roots: Roots,
    merged: &'a Mutex<Merged>,
    progress: Option<Box<dyn FnMut(u64, u64) + Send + 'p>>,
}

/// Everything that was read, merged.
pub(super) struct Collected {
    roots: Roots,
    merged: Merged,
}

/// Runs `walk` here and the decoding on threads beside it.
pub(super) fn collect<'p>(
    walk: impl FnOnce(&mut Collector<'_, 'p>) -> Result<Summary, ArchiveError>,
) -> Result<(Collected, Summary), ArchiveError> {
    let merged = Mutex::new(Merged::default());
    let (files, waiting) = sync_channel(WAITING_FILES);
    let waiting = Mutex::new(waiting);
    let walked = thread::scope(|scope| {
        for _ in 0..DECODERS {
            scope.spawn(|| decode_all(&waiting, &merged));
        }
        let mut collector = Collector { files, roots: Roots::default(), merged: &merged, progress: None };
        let walked = walk(&mut collector);
        walked.map(|summary| (collector.roots, summary))
    });
    let (roots, summary) = walked?;
    let merged = merged.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Collected { roots, merged }, summary))
}

impl<'p> Collector<'_, 'p> {
    pub(super) fn report_progress_to(&mut self, progress: impl FnMut(u64, u64) + Send + 'p) {
        self.progress = Some(Box::new(progress));
    }
}

impl Visitor for Collector<'_, '_> {
    fn wants(&self, path: &str, size: u64) -> bool {
        place(path).is_some_and(|place| match place.what {
            What::Resource(resource) => kind_of(&resource).is_some(),
            What::Timestamp => true,
            // An empty one says that it could not be collected
            What::Rules | What::EtcdInfo => size > 0,
            What::Version => false,
            What::PreviousLog(_) => (1..=LOG_BYTES).contains(&size),
        })
    }

    fn file(&mut self, file: File) -> ControlFlow<()> {
        let Some(place) = place(&file.path) else { return ControlFlow::Continue(()) };
        self.roots.note(&place);
        match place.what {
            What::Timestamp => self.roots.note_timestamp(place.root, &file.content),
            What::Resource(resource) => {
                lock(self.merged).note(&resource);
                // A decoder can only be gone after a panic, which ends the scope too.
                return if self.files.send(file).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            }
            What::Rules => lock(self.merged).take_rules(file),
            What::EtcdInfo => lock(self.merged).etcd.take(&file.path, &file.content),
            What::Version => {}
            What::PreviousLog(log) => lock(self.merged).take_log(&log, &file.content),
        }
        ControlFlow::Continue(())
    }

    fn progress(&mut self, read: u64, total: u64) {
        if let Some(progress) = &mut self.progress {
            progress(read, total);
        }
    }
}

fn kind_of(resource: &Resource<'_>) -> Option<Kind> {
    Kind::from_plural(resource.group, resource.plural)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn decode_all(waiting: &Mutex<Receiver<File>>, merged: &Mutex<Merged>) {
    loop {
        let next = lock(waiting).recv();
        let Ok(file) = next else { return };
        let Some(Place { what: What::Resource(resource), .. }) = place(&file.path) else { continue };
        let Some(kind) = kind_of(&resource) else { continue };
        let repeats = resource.repeats.then(|| resource.namespace.unwrap_or_default().to_owned());
        if repeats.as_ref().is_some_and(|namespace| lock(merged).whole_pod_lists.contains(namespace)) {
            continue;
        }
        let pods_of = (kind == Kind::Pod && resource.name.is_none()).then(|| resource.namespace.unwrap_or_default());
        let pods_of = pods_of.map(str::to_owned);
        let decoded = decode_file(kind, file);
        lock(merged).take(decoded, repeats, pods_of);
    }
}

struct Decoded {
    kind: Kind,
    path: String,
    objects: Vec<Object>,
    bad: Vec<DecodeError>,
    /// The end of the file is missing.
    cut: bool,
}

impl Decoded {
    /// Put together from several files.
    fn of(kind: Kind, all: Vec<Result<Object, DecodeError>>) -> Self {
        let mut decoded = Self { kind, path: String::new(), objects: Vec::new(), bad: Vec::new(), cut: false };
        for one in all {
            match one {
                Ok(object) => decoded.objects.push(object),
                Err(error) => decoded.bad.push(error),
            }
        }
        decoded
    }
}

fn decode_file(kind: Kind, file: File) -> Decoded {
    let items = Items::split(file.content, file.cut);
    let (mut objects, mut bad) = (Vec::new(), Vec::new());
    for item in items.iter().filter(|item| !item.cut) {
        for decoded in decode_item(kind, items.shape(), item) {
            match decoded {
                Ok(object) => objects.push(object),
                Err(error) => bad.push(error),
            }
        }
    }
    Decoded { kind, path: file.path, objects, bad, cut: items.cut() }
}

fn decode_item(kind: Kind, shape: Shape, item: Item<'_>) -> Vec<Result<Object, DecodeError>> {
    match shape {
        Shape::Whole => decode::yaml_documents(kind, item.text),
        _ if item.text.trim_start().starts_with('{') => vec![decode::json(kind, item.text.as_bytes())],
        _ => vec![decode::yaml(kind, item.text)],
    }
}

/// Which of two copies counts: the newer by resource version, else the one whose path sorts later.
type Precedence = (u64, String);

#[derive(Default)]
struct Merged {
    index: Index,
    precedence: HashMap<(Kind, String, String), Precedence>,
    /// Pods' own files, kept until their namespace's list turns out whole or missing.
    repeated: BTreeMap<String, Vec<Decoded>>,
    whole_pod_lists: BTreeSet<String>,
    kinds: BTreeMap<Kind, Tally>,
    namespaces: BTreeSet<String>,
    /// There is a list of all namespaces, as people who trim archives keep it.
    namespace_list: bool,
    openshift: bool,
    logs: Logs,
    etcd: EtcdInfo,
}

/// What was met of one kind.
#[derive(Default)]
struct Tally {
    unreadable: usize,
    /// The one whose words sort first, so that the report does not depend on the order of files.
    example: Option<String>,
    cut: BTreeSet<String>,
    /// What else is missing, in words.
    gap: Option<String>,
    /// Some file listed all of a namespace, or of the cluster.
    listed: bool,
}

impl Merged {
    /// Of a log only what its last lines give away is kept.
    fn take_log(&mut self, log: &layout::Log<'_>, content: &[u8]) {
        let tail = &content[content.len().saturating_sub(LOG_TAIL)..];
        let seen = log_signs::signs(&String::from_utf8_lossy(tail));
        if !seen.is_empty() && self.logs.len() < LOGS {
            let key = (Name::from(log.namespace), Name::from(log.pod), Name::from(log.container));
            self.logs.insert(key, seen.into());
        }
    }

    /// Small enough, and mostly rules: reading it keeps nobody waiting.
    fn take_rules(&mut self, file: File) {
        let tally = self.kinds.entry(Kind::Alert).or_default();
        match alerts::from_rules(&file.content) {
            Ok(batch) => {
                tally.gap = batch.gap;
                batch.objects.into_iter().for_each(|object| self.apply(object, &file.path));
            }
            Err(_) if file.cut => _ = tally.cut.insert(file.path),
            Err(reason) => tally.gap = Some(untrusted::clean(&format!("{}: {reason}", file.path), GAP_CHARS)),
        }
    }

    /// Its members, once all files are there that say something of them.
    fn take_etcd(&mut self) {
        let etcd = std::mem::take(&mut self.etcd);
        if !etcd.was_collected() {
            return;
        }
        let bad = etcd.bad().map(|(path, why)| untrusted::clean(&format!("{path}: {why}"), GAP_CHARS));
        let decoded = Decoded::of(Kind::EtcdMember, etcd.objects());
        self.merge(decoded);
        self.kinds.entry(Kind::EtcdMember).or_default().gap = bad;
    }

    fn note(&mut self, resource: &Resource<'_>) {
        if let Some(kind) = kind_of(resource) {
            self.kinds.entry(kind).or_default().listed |= resource.name.is_none();
        }
        self.namespace_list |= resource.plural == "namespaces" && resource.name.is_none();
        if let Some(namespace) = resource.namespace.or(resource.name.filter(|_| resource.plural == "namespaces")) {
            self.openshift |= namespace.starts_with("openshift-");
            if !self.namespaces.contains(namespace) {
                self.namespaces.insert(namespace.to_owned());
            }
        }
        self.openshift |= resource.group.ends_with(".openshift.io");
    }

    fn take(&mut self, decoded: Decoded, repeats: Option<String>, pods_of: Option<String>) {
        if let Some(namespace) = repeats {
            if !self.whole_pod_lists.contains(&namespace) {
                self.repeated.entry(namespace).or_default().push(decoded);
            }
            return;
        }
        if let Some(namespace) = pods_of.filter(|_| !decoded.cut) {
            self.repeated.remove(&namespace);
            self.whole_pod_lists.insert(namespace);
        }
        self.merge(decoded);
    }

    fn merge(&mut self, decoded: Decoded) {
        let tally = self.kinds.entry(decoded.kind).or_default();
        tally.unreadable += decoded.bad.len();
        let first = decoded.bad.iter().map(ToString::to_string).min();
        tally.example = tally.example.take().into_iter().chain(first).min();
        if decoded.cut {
            tally.cut.insert(decoded.path.clone());
        }
        for object in decoded.objects {
            self.apply(object, &decoded.path);
        }
    }

    fn apply(&mut self, object: Object, path: &str) {
        let (kind, namespace, name, version) = decode::identity(&object);
        let precedence = self.precedence.entry((kind, namespace.to_owned(), name.to_owned())).or_default();
        if (version, path) >= (precedence.0, precedence.1.as_str()) {
            *precedence = (version, path.to_owned());
            self.index.apply(Change::Apply(object));
        }
    }
}

impl Merged {
    /// Which namespaces were collected, unless those are known to be all.
    fn only_namespaces(&self) -> Option<Arc<BTreeSet<Name>>> {
        let mut known = self.index.cluster().namespaces.iter();
        let all = self.namespace_list && known.all(|namespace| self.namespaces.contains(namespace.meta.name.as_str()));
        (!all).then(|| Arc::new(self.namespaces.iter().map(|name| Name::from(name.as_str())).collect()))
    }
}

/// Groups whose kinds the OpenShift API server brings, without a definition that could be looked for.
const WITHOUT_DEFINITIONS: [&str; 4] =
    ["apps.openshift.io", "build.openshift.io", "image.openshift.io", "route.openshift.io"];

impl Merged {
    /// Whether the cluster may have objects of a kind of which none was collected.
    fn serves(&self, kind: Kind) -> bool {
        let definitions = &self.index.cluster().custom_resource_definitions;
        let group = kind.group();
        match kind.origin() {
            Origin::Kubernetes => true,
            Origin::Monitoring => self.openshift && kind == Kind::Alert,
            Origin::Etcd => self.openshift && !self.index.cluster().etcds.is_empty(),
            // Whoever collects objects of an add-on finds it installed.
            origin if definitions.is_empty() || WITHOUT_DEFINITIONS.contains(&group) => {
                self.openshift && origin == Origin::OpenShift
            }
            _ => definitions.get("", &format!("{}.{group}", kind.plural())).is_some(),
        }
    }
}

impl Collected {
    pub(super) fn roots(&self) -> usize {
        self.roots.iter().count()
    }

    /// The cluster and its time. `early_end` says why the archive may hold more than was read.
    pub(super) fn finish(self, early_end: Option<&str>) -> Result<(Cluster, Option<Time>, Logs), MustGatherError> {
        let Self { roots, mut merged } = self;
        if roots.is_empty() {
            return Err(MustGatherError::NoCollection);
        }
        for decoded in std::mem::take(&mut merged.repeated).into_values().flatten() {
            merged.merge(decoded);
        }
        merged.take_etcd();
        let namespaces = merged.only_namespaces();
        for &kind in Kind::ALL {
            let seen = seen(kind, &merged, early_end, namespaces.as_ref());
            merged.index.apply(Change::Synced(kind, seen));
        }
        let logs = std::mem::take(&mut merged.logs);
        let cluster = merged.index.into_cluster();
        let time = roots.newest().map(Time::from_unix).or_else(|| newest_time(&cluster));
        Ok((cluster, time, logs))
    }
}

fn seen(kind: Kind, merged: &Merged, early_end: Option<&str>, only_namespaces: Option<&Arc<BTreeSet<Name>>>) -> Seen {
    if let Some(why) = early_end {
        return Seen::Partial { why: why.to_owned() };
    }
    let Some(tally) = merged.kinds.get(&kind) else {
        return Seen::NotSeen(match merged.serves(kind) {
            true => Reason::NotCollected,
            false if kind.is_served() => Reason::NotServed,
            // No archive holds silences, and not every cluster has what raises alerts
            false => Reason::NotConfigured,
        });
    };
    let mut gaps = Vec::new();
    // A collector writes files of single core objects where others refer to them; that is not all there are.
    if !tally.listed && kind.group().is_empty() && kind.scope() == Scope::Namespaced {
        gaps.push("only objects that others refer to".to_owned());
    }
    if let Some(file) = tally.cut.first() {
        gaps.push(format!("{} files end early, such as {file}", tally.cut.len()));
    }
    if let Some(example) = &tally.example {
        gaps.push(format!("{} objects could not be read, such as {example}", tally.unreadable));
    }
    gaps.extend(tally.gap.clone());
    if !gaps.is_empty() {
        return Seen::Partial { why: gaps.join("; ") };
    }
    let by_namespace =
        (kind.scope() == Scope::Namespaced && kind.is_served()) || (kind == Kind::Namespace && !merged.namespace_list);
    only_namespaces.filter(|_| by_namespace).map_or(Seen::Complete, |names| Seen::InNamespaces(names.clone()))
}

/// For archives without a timestamp file: the last thing that is known to have happened.
fn newest_time(cluster: &Cluster) -> Option<Time> {
    let events = cluster.events.iter().filter_map(|event| event.last);
    let conditions =
        cluster.nodes.iter().flat_map(|node| node.conditions.iter()).filter_map(|condition| condition.since);
    let exits = cluster.pods.iter().filter_map(|pod| pod.last_exit.max(pod.started).max(pod.meta.created));
    events.chain(conditions).chain(exits).max()
}
