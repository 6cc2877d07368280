//! How the kube-scheduler operator rolls its static pods out.

super::static_pod_operator::static_pod_operator!(KubeScheduler);
