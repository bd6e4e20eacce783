//! Digests of images, looked up in the registry by the container engine's command line. It has the
//! credentials, proxies and mirrors that a build uses, which a client of our own would have to
//! imitate.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::program;

/// Time limit of one lookup.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that looks up each image once.
///
/// # Errors
/// If no lookup is possible: `--pin` would pin nothing.
pub fn lookup() -> Result<Box<crate::pin::Lookup>> {
    if ask(&["buildx", "version"]).is_err() {
        let lacks = match program::on_path("docker") {
            Some(_) => "the `docker` of this machine has no plugin buildx",
            None => "there is no `docker` on the PATH",
        };
        bail!(
            "--pin asks registries with `docker buildx imagetools`, and {lacks}: install Docker with \
             its plugin buildx, or run without --pin"
        );
    }
    let known: RefCell<BTreeMap<String, String>> = RefCell::default();
    Ok(Box::new(move |image| {
        if let Some(digest) = known.borrow().get(image) {
            return Ok(digest.clone());
        }
        let digest = read(image)?;
        known.borrow_mut().insert(image.to_owned(), digest.clone());
        Ok(digest)
    }))
}

/// The registry's digest of the tag for all platforms, or else the digest of the image that the
/// engine pulled.
///
/// # Errors
/// If neither is available. The error is the registry's.
pub fn read(image: &str) -> Result<String> {
    let registry =
        ask(&["buildx", "imagetools", "inspect", "--format", "{{json .Manifest.Digest}}", image]);
    match registry.and_then(|text| digest(&text)) {
        Ok(digest) => Ok(digest),
        Err(error) => {
            let local = ask(&["image", "inspect", "--format", "{{json .RepoDigests}}", image]);
            local.and_then(|text| digest(&text)).map_err(|_| error)
        }
    }
}

/// The first digest in a text.
fn digest(text: &str) -> Result<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let found = words
        .into_iter()
        .find(|word| crate::pin::is_digest(word))
        .context("the engine returned no digest")?;
    Ok(found.to_owned())
}

fn ask(words: &[&str]) -> Result<String> {
    let docker = program::on_path("docker").context("no `docker` on the PATH to ask")?;
    // Never run inside the repository, where the command might read files.
    let mut child = Command::new(docker)
        .args(words)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("`docker` cannot be run")?;
    let began = Instant::now();
    while child.try_wait()?.is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().ok();
            child.wait().ok();
            bail!("the registry did not answer within {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let line: String =
            text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no answer").trim().into();
        bail!("{}", line.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_from_what_the_engine_prints() {
        let one = format!("sha256:{}", "a1".repeat(32));
        assert_eq!(digest(&format!("\"{one}\"\n")).unwrap(), one);
        assert_eq!(digest(&format!("[\"golang@{one}\"]\n")).unwrap(), one);
        assert!(digest("[]").is_err() && digest("sha256:abc").is_err());
    }
}
