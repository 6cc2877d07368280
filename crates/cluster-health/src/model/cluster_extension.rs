//! ClusterExtensions: operators installed by the second generation of the lifecycle manager.

super::conditioned::conditioned! {
    /// Says `Installed` and `Progressing`.
    ClusterExtension
}
