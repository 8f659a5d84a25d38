namespace K8sBackup.Cli.Downloads;

/// <summary>Which form is meant.</summary>
internal static class DownloadForms
{
    public static readonly string[] Names = ["tar", "zip", "file"];

    /// <summary>The form by its name, else by the end of the target's name. What ends in neither .tar nor .zip is a file, since who names
    /// <c>orders.sql</c> wants to read that; standard output is a tar archive.</summary>
    public static DownloadForm Of(string? name, string target) => (name, Path.GetExtension(target).ToLowerInvariant()) switch
    {
        ("tar", _) => DownloadForm.Tar,
        ("zip", _) => DownloadForm.Zip,
        ("file", _) => DownloadForm.File,
        _ when target == "-" => DownloadForm.Tar,
        (_, ".tar") => DownloadForm.Tar,
        (_, ".zip") => DownloadForm.Zip,
        _ => DownloadForm.File,
    };
}
