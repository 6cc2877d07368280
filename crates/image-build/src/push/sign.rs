//! Signing by `cosign`, when there is a key or an identity to sign with.

use std::process::Command;

use super::PushError;
use crate::output;
use crate::registry::Repository;

#[derive(Debug, Clone, clap::Args)]
pub struct SignOptions {
    /// Sign with this key: a file, or an address that cosign understands
    #[arg(long, env = "COSIGN_KEY", value_name = "KEY", conflicts_with = "sign_keyless")]
    pub sign_key: Option<String>,

    /// Sign with the identity of this workflow, through Sigstore
    #[arg(long)]
    pub sign_keyless: bool,

    /// With a key: keep the signature out of the public transparency log
    #[arg(long, requires = "sign_key")]
    pub sign_offline: bool,
}

/// Signs an image that the registry has, by its digest. Without a key or an identity it says so and does nothing.
pub(super) fn sign(options: &SignOptions, repository: &Repository, digest: &str) -> Result<(), PushError> {
    if options.sign_key.is_none() && !options.sign_keyless {
        output::complain("not signed: neither --sign-key nor --sign-keyless is given");
        return Ok(());
    }
    let status = command(options, repository, digest)
        .status()
        .map_err(|error| PushError::Sign(format!("cosign cannot be started ({error})")))?;
    if status.success() { Ok(()) } else { Err(PushError::Sign(format!("cosign ended with {status}"))) }
}

fn command(options: &SignOptions, repository: &Repository, digest: &str) -> Command {
    let mut cosign = Command::new("cosign");
    cosign.args(["sign", "--yes", "--recursive"]);
    if let Some(key) = &options.sign_key {
        cosign.args(["--key", key]);
    }
    if options.sign_offline {
        cosign.args(["--use-signing-config=false", "--tlog-upload=false"]);
    }
    if repository.is_loopback() {
        cosign.args(["--allow-http-registry", "--allow-insecure-registry"]);
    }
    cosign.arg(format!("{repository}@{digest}"));
    cosign
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(options: &SignOptions, repository: &str) -> Vec<String> {
        let command = command(options, &repository.parse().unwrap(), "sha256:00");
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_digest_is_signed_never_a_tag() {
        let keyless = SignOptions { sign_key: None, sign_keyless: true, sign_offline: false };
        assert_eq!(arguments(&keyless, "quay.io/a/b"), ["sign", "--yes", "--recursive", "quay.io/a/b@sha256:00"]);
        let key = SignOptions { sign_key: Some("k.key".to_owned()), sign_keyless: false, sign_offline: true };
        let arguments = arguments(&key, "localhost:5000/b");
        assert!(arguments.join(" ").contains("--key k.key --use-signing-config=false --tlog-upload=false"));
        assert!(arguments.contains(&"--allow-http-registry".to_owned()));
    }
}
