//! Signs an image by calling cosign, between pushing it and moving its tag: a tag never leads to an unsigned image.

use std::io;
use std::path::PathBuf;
use std::process::Command;

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Signing {
    /// Sign with this key: a file, or an address of a key service that cosign knows
    #[arg(long = "sign-key", env = "COSIGN_KEY", value_name = "KEY")]
    pub key: Option<String>,

    /// Sign without a key: by the identity that the machine can prove, as a CI job can
    #[arg(long = "sign-keyless", conflicts_with = "key")]
    pub keyless: bool,

    /// The cosign program
    #[arg(long, env = "COSIGN", value_name = "PROGRAM", default_value = "cosign")]
    pub cosign: PathBuf,

    /// Passed on to `cosign sign`, for registries or transparency logs of one's own
    #[arg(long = "cosign-argument", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("{program} cannot be started; install cosign, or push without --sign-key and --sign-keyless")]
    Start { program: PathBuf, source: io::Error },
    #[error("cosign refuses to sign {reference}: {reason}")]
    Refused { reference: String, reason: String },
    #[error("{0} is no reference to sign: an image is signed by its digest, as a tag may move meanwhile")]
    NoDigest(String),
}

impl Signing {
    pub fn is_wanted(&self) -> bool {
        self.key.is_some() || self.keyless
    }

    /// Signs `repository@sha256:…`, and with an index every image in it. Does nothing when no key or identity is given.
    pub fn sign(&self, reference: &str) -> Result<(), SignError> {
        if !self.is_wanted() {
            return Ok(());
        }
        if !reference.contains("@sha256:") {
            return Err(SignError::NoDigest(reference.to_owned()));
        }
        let output = self.command(reference).output();
        let output = output.map_err(|source| SignError::Start { program: self.cosign.clone(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        // cosign's last line has the cause, those before it tell its story
        let reason = reason.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gives no reason").to_owned();
        Err(SignError::Refused { reference: reference.to_owned(), reason })
    }

    fn command(&self, reference: &str) -> Command {
        let mut command = Command::new(&self.cosign);
        command.args(["sign", "--yes", "--recursive"]);
        if let Some(key) = &self.key {
            command.arg("--key").arg(key);
        }
        command.args(&self.arguments).arg(reference);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "quay.io/o/n@sha256:ab";

    /// A program in cosign's place.
    fn signing(cosign: &str) -> Signing {
        Signing { key: Some("cosign.key".to_owned()), cosign: cosign.into(), ..Signing::default() }
    }

    #[test]
    fn cosign_is_called_with_the_digest() {
        let mut signing = signing("cosign");
        signing.arguments = vec!["--tlog-upload=false".to_owned()];
        let command = signing.command(REFERENCE);
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert_eq!(
            arguments,
            ["sign", "--yes", "--recursive", "--key", "cosign.key", "--tlog-upload=false", REFERENCE]
        );
        let keyless = Signing { key: None, keyless: true, ..signing };
        assert!(!keyless.command(REFERENCE).get_args().any(|argument| argument == "--key"));
    }

    #[test]
    fn without_key_or_identity_nothing_is_called() {
        Signing { cosign: "/absent".into(), ..Signing::default() }.sign(REFERENCE).unwrap();
    }

    #[test]
    fn what_goes_wrong_is_said() {
        signing("true").sign(REFERENCE).unwrap();
        assert!(matches!(signing("/absent").sign(REFERENCE), Err(SignError::Start { .. })));
        assert!(matches!(signing("true").sign("quay.io/o/n:latest"), Err(SignError::NoDigest(_))));
        let error = signing("false").sign(REFERENCE).unwrap_err();
        assert_eq!(error.to_string(), "cosign refuses to sign quay.io/o/n@sha256:ab: it gives no reason");
    }
}
