//! Every question that is put to Prometheus, one function each. `docs/metrics.md` shows what they render to.

use std::time::Duration;

use super::promql::{Over, Query, Selector};

/// Which containers are meant.
#[derive(Clone, Debug, Default)]
pub struct Containers {
    pub namespace: Option<String>,
    pub pods: Pods,
}

#[derive(Clone, Debug, Default)]
pub enum Pods {
    #[default]
    All,
    Named(String),
    /// Those of a Deployment, also the ones that are gone: a ReplicaSet's hash and five letters follow its name.
    OfDeployment(String),
    OneOf(Vec<String>),
}

/// Rates are taken over this long: a few scrapes of any usual interval.
pub const RATE: Duration = minutes(5);

/// Throttling is judged over this long.
pub const THROTTLING: Duration = hours(1);

/// Filesystems that are memory, images or views of others.
const UNREAL: &str = "tmpfs|ramfs|devtmpfs|squashfs|iso9660|overlay|nsfs|autofs|fuse.*|rootfs|erofs";

pub const FILESYSTEM: &[&str] = &["instance", "device", "mountpoint"];
pub const VOLUME: &[&str] = &["namespace", "persistentvolumeclaim"];
pub const CONTAINER: &[&str] = &["namespace", "pod", "container"];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

impl Containers {
    fn narrow(&self, selector: Selector) -> Selector {
        let selector = selector.equal_if("namespace", self.namespace.as_deref());
        match &self.pods {
            Pods::All => selector,
            Pods::Named(name) => selector.equal("pod", name),
            Pods::OfDeployment(name) => selector.begins("pod", name, "-[a-z0-9]{1,10}-[a-z0-9]{5}"),
            Pods::OneOf(names) => selector.one_of("pod", names.iter().map(String::as_str)),
        }
    }

    /// Without what is not a container: sums over pods, and the sandbox.
    fn of(&self, metric: &'static str) -> Selector {
        self.narrow(Selector::of(metric).unlike("container", "|POD"))
    }

    /// What is counted for pods as a whole.
    fn of_pods(&self, metric: &'static str) -> Selector {
        self.narrow(Selector::of(metric).with("pod"))
    }
}

/// Cores in use, together.
pub fn cpu(of: &Containers) -> Query {
    of.of("container_cpu_usage_seconds_total").over(Over::Rate, RATE).sum()
}

/// Bytes that cannot be taken back, together.
pub fn memory(of: &Containers) -> Query {
    of.of("container_memory_working_set_bytes").query().sum()
}

/// What containers request.
#[derive(Clone, Copy, Debug)]
pub enum Requested {
    /// In cores.
    Cpu,
    /// In bytes.
    Memory,
}

/// What the containers of a namespace, or of all, request together.
pub fn requested(namespace: Option<&str>, what: Requested) -> Query {
    let resource = match what {
        Requested::Cpu => "cpu",
        Requested::Memory => "memory",
    };
    let selector = Selector::of("kube_pod_container_resource_requests").equal("resource", resource);
    // Several replicas of who measures it say the same
    selector.equal_if("namespace", namespace).query().max_by(CONTAINER).sum()
}

/// Bytes a second.
pub fn received(of: &Containers) -> Query {
    of.of_pods("container_network_receive_bytes_total").over(Over::Rate, RATE).sum()
}

/// Bytes a second.
pub fn sent(of: &Containers) -> Query {
    of.of_pods("container_network_transmit_bytes_total").over(Over::Rate, RATE).sum()
}

/// Bytes a second that containers read from and write to disks.
pub fn disk_traffic(of: &Containers) -> Query {
    let one = |metric| of.of(metric).over(Over::Rate, RATE).sum();
    one("container_fs_reads_bytes_total").plus(&one("container_fs_writes_bytes_total"))
}

/// Restarts within the last hour, together.
pub fn restarts(of: &Containers) -> Query {
    of.of("kube_pod_container_status_restarts_total").over(Over::Increase, hours(1)).sum()
}

/// The share of scheduling periods in which a container was held back, where it is above `share`; the worst `count`.
pub fn throttled(of: &Containers, share: f64, count: usize) -> Query {
    let throttled = of.of("container_cpu_cfs_throttled_periods_total").over(Over::Increase, THROTTLING);
    throttled.sum_by(CONTAINER).per(&periods(of)).above(share).top(count)
}

/// Containers with a CPU limit, which alone can be throttled.
pub fn limited(of: &Containers) -> Query {
    periods(of).count()
}

fn periods(of: &Containers) -> Query {
    of.of("container_cpu_cfs_periods_total").over(Over::Increase, THROTTLING).sum_by(CONTAINER)
}

/// A quantile of each container's use of CPU, in cores.
pub fn cpu_quantile(of: &Containers, quantile: f64, window: Duration, step: Duration) -> Query {
    cpu_by_container(of).quantile(quantile, window, step)
}

pub fn cpu_peak(of: &Containers, window: Duration, step: Duration) -> Query {
    cpu_by_container(of).over(Over::Max, window, step)
}

fn cpu_by_container(of: &Containers) -> Query {
    of.of("container_cpu_usage_seconds_total").over(Over::Rate, RATE).sum_by(CONTAINER)
}

/// A quantile of each container's working set, in bytes.
pub fn memory_quantile(of: &Containers, quantile: f64, window: Duration, step: Duration) -> Query {
    memory_by_container(of).quantile(quantile, window, step)
}

/// Every sample counts, so that a short peak is not stepped over.
pub fn memory_peak(of: &Containers, window: Duration) -> Query {
    of.of("container_memory_working_set_bytes").over(Over::Max, window).max_by(CONTAINER)
}

fn memory_by_container(of: &Containers) -> Query {
    of.of("container_memory_working_set_bytes").query().max_by(CONTAINER)
}

/// In how many hours of the window each container was measured.
pub fn measured_hours(of: &Containers, window: Duration) -> Query {
    memory_by_container(of).over(Over::Count, window, hours(1))
}

/// Containers that were killed for their memory within the window, as far as the last end of each pod tells.
pub fn killed_for_memory(of: &Containers, window: Duration) -> Query {
    let metric = "kube_pod_container_status_last_terminated_reason";
    of.of(metric).equal("reason", "OOMKilled").over(Over::Max, window).max_by(CONTAINER).above(0.0)
}

/// Room left on the filesystems of nodes, in bytes: those `count` that are being used up soonest, by the last day.
pub fn filesystems_left(node: Option<&str>, mountpoint: Option<&str>, count: usize) -> Query {
    soonest(&filesystems("node_filesystem_avail_bytes", node, mountpoint), FILESYSTEM, count)
}

pub fn filesystems_size(node: Option<&str>, mountpoint: Option<&str>) -> Query {
    filesystems("node_filesystem_size_bytes", node, mountpoint).query().max_by(FILESYSTEM)
}

/// How many filesystems were looked at.
pub fn filesystems_count(node: Option<&str>, mountpoint: Option<&str>) -> Query {
    filesystems_size(node, mountpoint).count()
}

fn filesystems(metric: &'static str, node: Option<&str>, mountpoint: Option<&str>) -> Selector {
    let selector = Selector::of(metric).unlike("fstype", UNREAL);
    let selector = match node {
        // OpenShift names the node; elsewhere a port follows
        Some(node) => selector.begins("instance", node, "(:[0-9]+)?"),
        None => selector,
    };
    selector.equal_if("mountpoint", mountpoint)
}

/// The same of persistent volumes.
pub fn volumes_left(namespace: Option<&str>, count: usize) -> Query {
    soonest(&volumes("kubelet_volume_stats_available_bytes", namespace), VOLUME, count)
}

pub fn volumes_size(namespace: Option<&str>) -> Query {
    volumes("kubelet_volume_stats_capacity_bytes", namespace).query().max_by(VOLUME)
}

pub fn volumes_count(namespace: Option<&str>) -> Query {
    volumes_size(namespace).count()
}

fn volumes(metric: &'static str, namespace: Option<&str>) -> Selector {
    Selector::of(metric).with("persistentvolumeclaim").equal_if("namespace", namespace)
}

fn soonest(left: &Selector, labels: &[&'static str], count: usize) -> Query {
    let rate = left.over_at_end(Over::Derivative, hours(24)).max_by(labels).negated();
    left.query().max_by(labels).and_on(labels, &rate.per(&left.at_end().max_by(labels)).top(count))
}

/// Each question with example arguments, for the document.
pub fn examples() -> Vec<(&'static str, Query)> {
    let shop = Containers { namespace: Some("shop".to_owned()), pods: Pods::All };
    let web = Containers { pods: Pods::OfDeployment("web".to_owned()), ..shop.clone() };
    let (week, step) = (hours(24 * 7), minutes(5));
    vec![
        ("CPU in use", cpu(&shop)),
        ("CPU in use, of a Deployment", cpu(&web)),
        ("Memory in use", memory(&shop)),
        ("CPU requested", requested(Some("shop"), Requested::Cpu)),
        ("Memory requested, of all", requested(None, Requested::Memory)),
        ("Bytes received", received(&shop)),
        ("Bytes sent", sent(&shop)),
        ("Disk traffic", disk_traffic(&shop)),
        ("Restarts", restarts(&shop)),
        ("Throttled containers", throttled(&shop, 0.25, 100)),
        ("Containers with a CPU limit", limited(&shop)),
        ("P95 of CPU", cpu_quantile(&shop, 0.95, week, step)),
        ("Peak of CPU", cpu_peak(&shop, week, step)),
        ("P95 of memory", memory_quantile(&shop, 0.95, week, step)),
        ("Peak of memory", memory_peak(&shop, week)),
        ("Hours measured", measured_hours(&shop, week)),
        ("Killed for memory", killed_for_memory(&shop, week)),
        ("Room on filesystems", filesystems_left(Some("worker-1"), Some("/var"), 60)),
        ("Size of filesystems", filesystems_size(Some("worker-1"), Some("/var"))),
        ("Number of filesystems", filesystems_count(None, None)),
        ("Room on volumes", volumes_left(Some("shop"), 60)),
        ("Size of volumes", volumes_size(Some("shop"))),
        ("Number of volumes", volumes_count(None)),
    ]
}
