//! How the etcd operator rolls its static pods out.

super::static_pod_operator::static_pod_operator!(Etcd);
