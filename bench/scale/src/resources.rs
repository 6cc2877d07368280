//! What the fake API serves: the kinds a health tool reads, with their addresses.

/// One row of discovery.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub plural: &'static str,
    pub kind: &'static str,
    pub namespaced: bool,
}

impl Resource {
    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Custom resources come with `kind` and `apiVersion` in lists, built-in ones without.
    pub fn is_custom(&self) -> bool {
        self.group.ends_with(".openshift.io") || self.group == "operators.coreos.com"
    }

    /// What comes before an object's own fields: `{"apiVersion":"v1","kind":"Pod",`.
    pub(crate) fn header(&self) -> String {
        format!(r#"{{"apiVersion":"{}","kind":"{}","#, self.api_version(), self.kind)
    }
}

/// By group and plural. Plurals are unique here, so that most callers name a resource by its plural alone.
pub fn find(group: &str, plural: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.plural == plural && resource.group == group)
}

/// By plural alone.
pub fn by_plural(plural: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.plural == plural)
}

const fn row(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> Resource {
    Resource { group, version, plural, kind, namespaced }
}

pub const ALL: &[Resource] = &[
    row("", "v1", "configmaps", "ConfigMap", true),
    row("", "v1", "events", "Event", true),
    row("", "v1", "namespaces", "Namespace", false),
    row("", "v1", "nodes", "Node", false),
    row("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true),
    row("", "v1", "persistentvolumes", "PersistentVolume", false),
    row("", "v1", "pods", "Pod", true),
    row("", "v1", "resourcequotas", "ResourceQuota", true),
    row("", "v1", "services", "Service", true),
    row("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false),
    row(
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        false,
    ),
    row("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false),
    row("apiregistration.k8s.io", "v1", "apiservices", "APIService", false),
    row("apps", "v1", "daemonsets", "DaemonSet", true),
    row("apps", "v1", "deployments", "Deployment", true),
    row("apps", "v1", "replicasets", "ReplicaSet", true),
    row("apps", "v1", "statefulsets", "StatefulSet", true),
    // Clients that check discovery before they ask have to find the reviews there
    row("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false),
    row("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
    row("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    row("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true),
    row("batch", "v1", "cronjobs", "CronJob", true),
    row("batch", "v1", "jobs", "Job", true),
    row("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", false),
    row("config.openshift.io", "v1", "clusteroperators", "ClusterOperator", false),
    row("config.openshift.io", "v1", "clusterversions", "ClusterVersion", false),
    row("coordination.k8s.io", "v1", "leases", "Lease", true),
    row("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true),
    row("machineconfiguration.openshift.io", "v1", "machineconfigpools", "MachineConfigPool", false),
    row("networking.k8s.io", "v1", "ingresses", "Ingress", true),
    row("operators.coreos.com", "v1alpha1", "clusterserviceversions", "ClusterServiceVersion", true),
    row("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
    row("route.openshift.io", "v1", "routes", "Route", true),
    row("storage.k8s.io", "v1", "storageclasses", "StorageClass", false),
    row("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false),
];
