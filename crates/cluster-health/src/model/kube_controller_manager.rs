//! How the kube-controller-manager operator rolls its static pods out.

super::static_pod_operator::static_pod_operator!(KubeControllerManager);
