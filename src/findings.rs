//! The registry of findings about a repository.
//!
//! A code is declared once, with its name, severity and texts. Codes that several languages share,
//! or that belong to no language, are variants of [`FindingCode`]; a code of a single language is a
//! constant in that language's `codes.rs`. [`crate::detect::codes`] lists them all.

mod rows;
mod texts;

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::evidence::Evidence;

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The image cannot work: nothing is written.
    Error,
    /// The image will probably not work as expected.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// True if nothing is written because of it.
    pub fn is_error(self) -> bool {
        self == Self::Error
    }
}

/// The declaration of a code. The texts are clauses in lower case: a finding prints them after its
/// place, and the page of all codes prints them as sentences.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name in lower-case words, such as `localhost-only`. Scripts rely on it.
    pub name: &'static str,
    /// How severe it is.
    pub severity: Severity,
    /// What the code means, for the reference page.
    pub means: &'static str,
    /// Why it matters in a container.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
}

impl Row {
    /// Declares a code for something that prevents the image from being built or started.
    pub const fn error(
        name: &'static str,
        means: &'static str,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self { name, severity: Severity::Error, means, why, fix }
    }

    /// Declares a code for something that probably fails.
    pub const fn warning(
        name: &'static str,
        means: &'static str,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self { name, severity: Severity::Warning, means, why, fix }
    }

    /// Declares a code for something worth knowing.
    pub const fn note(
        name: &'static str,
        means: &'static str,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self { name, severity: Severity::Note, means, why, fix }
    }
}

/// Which finding it is. Two codes are equal if their names are.
#[derive(Clone)]
#[expect(missing_docs, reason = "the row of each variant says what it means")]
pub enum FindingCode {
    LocalhostOnly,
    PortUnknown,
    PortDisputed,
    PortNotTold,
    FolderUnknown,
    AnswerUnused,
    PrivilegedPort,
    NothingToStart,
    StartArguments,
    StartFileMissing,
    ArgumentsUnknown,
    SeveralProcesses,
    OtherProcesses,
    EntrypointNotRun,
    VariablesRequired,
    VariablesGiven,
    EngineOptions,
    MountsGiven,
    ContainerVariable,
    SettingsPlaceholder,
    ServiceAtLocalhost,
    ServiceByName,
    DotenvRequired,
    ConfigNotInGit,
    MigrationsNotRun,
    DevelopmentFile,
    FileMissing,
    ServedFolderMissing,
    SystemProgram,
    CommandUnknown,
    PrivilegesNeeded,
    ProgramDocumented,
    WritesBesideProgram,
    VolumeElsewhere,
    VolumeUnread,
    HomeOfOtherUser,
    ToolchainTooOld,
    ToolchainUnknown,
    EndOfLife,
    NoLockfile,
    BuildFlagsUnknown,
    BuildFlagsDisputed,
    BuildArgument,
    BuildSecret,
    SecretInContext,
    GeneratedMissing,
    EmbedMissing,
    EmbedGenerated,
    GitRead,
    LfsPointer,
    SubmoduleMissing,
    PinUnread,
    SecretsInContext,
    SourcesNamedLikeSecrets,
    CredentialInFile,
    FileKeptOut,
    KeptOut,
    BigFilesInContext,
    IgnoreHidesNeeded,
    IgnoreHidesSources,
    DockerfileDiffers,
    DockerfileNotCompared,
    DockerfileSetsMore,
    EarlierOutput,
    TemplateOverride,
    ApplicationLeftOut,
    SourceUnread,
    GitIndexUnread,
    GitignoreUnread,
    WalkCut,
    SymlinkOut,
    /// A code of a single language, declared in that language's own file.
    Own(&'static Row),
    /// A name that is unknown to this version, from a file that another version wrote.
    Unknown(String),
}

impl FindingCode {
    /// Every code that is not a language's own.
    pub const SHARED: &[Self] = &[
        Self::LocalhostOnly,
        Self::PortUnknown,
        Self::PortDisputed,
        Self::PortNotTold,
        Self::FolderUnknown,
        Self::AnswerUnused,
        Self::PrivilegedPort,
        Self::NothingToStart,
        Self::StartArguments,
        Self::StartFileMissing,
        Self::ArgumentsUnknown,
        Self::SeveralProcesses,
        Self::OtherProcesses,
        Self::EntrypointNotRun,
        Self::VariablesRequired,
        Self::VariablesGiven,
        Self::EngineOptions,
        Self::MountsGiven,
        Self::ContainerVariable,
        Self::SettingsPlaceholder,
        Self::ServiceAtLocalhost,
        Self::ServiceByName,
        Self::DotenvRequired,
        Self::ConfigNotInGit,
        Self::MigrationsNotRun,
        Self::DevelopmentFile,
        Self::FileMissing,
        Self::ServedFolderMissing,
        Self::SystemProgram,
        Self::CommandUnknown,
        Self::PrivilegesNeeded,
        Self::ProgramDocumented,
        Self::WritesBesideProgram,
        Self::VolumeElsewhere,
        Self::VolumeUnread,
        Self::HomeOfOtherUser,
        Self::ToolchainTooOld,
        Self::ToolchainUnknown,
        Self::EndOfLife,
        Self::NoLockfile,
        Self::BuildFlagsUnknown,
        Self::BuildFlagsDisputed,
        Self::BuildArgument,
        Self::BuildSecret,
        Self::SecretInContext,
        Self::GeneratedMissing,
        Self::EmbedMissing,
        Self::EmbedGenerated,
        Self::GitRead,
        Self::LfsPointer,
        Self::SubmoduleMissing,
        Self::PinUnread,
        Self::SecretsInContext,
        Self::SourcesNamedLikeSecrets,
        Self::CredentialInFile,
        Self::FileKeptOut,
        Self::KeptOut,
        Self::BigFilesInContext,
        Self::IgnoreHidesNeeded,
        Self::IgnoreHidesSources,
        Self::DockerfileDiffers,
        Self::DockerfileNotCompared,
        Self::DockerfileSetsMore,
        Self::EarlierOutput,
        Self::TemplateOverride,
        Self::ApplicationLeftOut,
        Self::SourceUnread,
        Self::GitIndexUnread,
        Self::GitignoreUnread,
        Self::WalkCut,
        Self::SymlinkOut,
    ];

    /// The name, such as `localhost-only`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            known => known.row().map_or("", |row| row.name),
        }
    }

    /// The declaration; `None` for a name that is unknown to this version.
    pub fn row(&self) -> Option<Row> {
        match self {
            Self::Own(row) => Some(**row),
            shared => rows::shared(shared),
        }
    }

    /// The shared code with this name.
    fn named(name: String) -> Self {
        let shared = Self::SHARED.iter().find(|code| code.as_str() == name);
        shared.cloned().unwrap_or(Self::Unknown(name))
    }
}

impl PartialEq for FindingCode {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for FindingCode {}

impl PartialOrd for FindingCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FindingCode {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Debug for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FindingCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::named)
    }
}

/// A message to the user: what is wrong, where, why it matters in a container, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Which finding it is.
    pub code: FindingCode,
    /// How severe it is, from the code's row.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// The places.
    pub evidence: Vec<Evidence>,
    /// Why it matters in a container.
    pub why: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    /// A finding with the severity, reason and fix that its code declares.
    pub fn new(
        code: FindingCode,
        what: impl Into<String>,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let row = code.row();
        Self {
            severity: row.map_or(Severity::Note, |row| row.severity),
            what: what.into(),
            evidence: evidence.into_iter().collect(),
            why: row.map_or("", |row| row.why).to_owned(),
            fix: row.map_or("", |row| row.fix).to_owned(),
            code,
        }
    }

    /// Replaces the reason by a more specific one.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Replaces the fix by a more specific one.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, FindingCode, Row, Severity};

    #[test]
    fn a_code_is_its_name_in_json() {
        const ROW: &Row = &Row::error("only-here", "it means", "it matters", "do it");
        let own = FindingCode::Own(ROW);
        let said = Finding::new(own.clone(), "what", []).with_fix("do this");
        let text = serde_json::to_string(&said).unwrap();
        assert!(text.contains(r#""code":"only-here","severity":"error","what":"what""#), "{text}");
        let read: Finding = serde_json::from_str(&text).unwrap();
        assert_eq!(read, said);
        assert_eq!(
            (read.code, read.why.as_str(), read.fix.as_str()),
            (own, "it matters", "do this")
        );
    }

    #[test]
    fn a_name_of_another_version_is_kept() {
        let text = r#"{"code":"from-the-future","severity":"note","what":"","evidence":[],"why":"","fix":""}"#;
        let read: Finding = serde_json::from_str(text).unwrap();
        assert_eq!((read.code.as_str(), read.severity), ("from-the-future", Severity::Note));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let known: FindingCode = serde_json::from_str("\"port-unknown\"").unwrap();
        assert!(matches!(known, FindingCode::PortUnknown));
    }
}
