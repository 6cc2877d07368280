//! ClusterCSIDrivers: storage drivers that OpenShift runs itself, by the name of the driver.

super::conditioned::conditioned! {
    /// Each controller of the driver's operator has conditions of its own, told apart by their prefix.
    ClusterCSIDriver
}
