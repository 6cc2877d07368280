//! ClusterCatalogs: what the second generation of the lifecycle manager can install.

super::conditioned::conditioned! {
    /// Says `Serving` and `Progressing`.
    ClusterCatalog
}
