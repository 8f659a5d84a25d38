namespace K8sBackup.Cli.Downloads;

/// <summary>What a download is written as.</summary>
internal enum DownloadForm
{
    /// <summary>A pax archive.</summary>
    Tar,

    /// <summary>A zip archive with 64-bit sizes.</summary>
    Zip,

    /// <summary>The content of one regular file and nothing else.</summary>
    File,
}
