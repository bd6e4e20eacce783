# Installs dockgen's released binary for Windows.
#
#   irm https://github.com/OWNER/dockgen/releases/latest/download/install.ps1 | iex
#
# DOCKGEN_VERSION, DOCKGEN_HOME and DOCKGEN_FROM as in install.sh; the default folder is %LOCALAPPDATA%\Programs\dockgen.
# Windows on Arm runs the same binary.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue' # Windows PowerShell draws its bar for most of the download's time
$repository = 'OWNER/dockgen'
$place = if ($env:DOCKGEN_HOME) { $env:DOCKGEN_HOME } else { Join-Path $env:LOCALAPPDATA 'Programs\dockgen' }
$from = if ($env:DOCKGEN_FROM) { $env:DOCKGEN_FROM }
  elseif ($repository.StartsWith('OWNER/')) { throw 'dockgen has not been published yet: build it with `cargo install --path .` in a checkout' }
  elseif ($env:DOCKGEN_VERSION) { "https://github.com/$repository/releases/download/v$env:DOCKGEN_VERSION" }
  else { "https://github.com/$repository/releases/latest/download" }
$target = 'x86_64-pc-windows-msvc'
$file = "dockgen-$target.zip"
$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
  Invoke-WebRequest -UseBasicParsing "$from/$file" -OutFile (Join-Path $work $file)
  Invoke-WebRequest -UseBasicParsing "$from/$file.sha256" -OutFile (Join-Path $work "$file.sha256")
  $wanted = (Get-Content (Join-Path $work "$file.sha256")).Split(' ')[0]
  $got = (Get-FileHash -Algorithm SHA256 (Join-Path $work $file)).Hash.ToLower()
  if ($got -ne $wanted) { throw "the checksum of $file is not the published one: nothing was installed" }
  Expand-Archive (Join-Path $work $file) -DestinationPath $work
  New-Item -ItemType Directory -Force -Path $place | Out-Null
  Copy-Item -Force (Join-Path $work "dockgen-$target\dockgen.exe") (Join-Path $place 'dockgen.exe')
} finally {
  Remove-Item -Recurse -Force $work
}
$path = [Environment]::GetEnvironmentVariable('Path', 'User')
if (($path -split ';') -notcontains $place) {
  [Environment]::SetEnvironmentVariable('Path', "$path;$place", 'User')
  Write-Output "$place was added to your PATH: open a new terminal"
}
Write-Output "installed $(& (Join-Path $place 'dockgen.exe') --version)"
