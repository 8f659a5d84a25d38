using K8sBackup.Cli.Output;

namespace K8sBackup.Cli.Watching;

/// <summary>The parts of a row as text.</summary>
internal static class RowText
{
    public static string Bytes(Transport.V1.Progress progress) => progress.BytesTotal > 0
        ? $"{Human.Bytes(progress.BytesDone)} / {Human.Bytes(progress.BytesTotal)}"
        : Human.Bytes(progress.BytesDone);

    public static string Files(WatchRow row) => row.Progress.FilesTotal > 0
        ? $"{row.Progress.FilesDone}/{row.Progress.FilesTotal} {row.Unit}"
        : $"{row.Progress.FilesDone} {row.Unit}";

    public static string Rate(WatchRow row, RateMeter meter) => row.IsActive && meter.BytesPerSecond > 0 ? Human.Rate(meter.BytesPerSecond) : "";

    public static string Remaining(WatchRow row, RateMeter meter) =>
        row.IsActive && meter.Remaining(row.Progress.BytesTotal) is { } left ? "ETA " + Human.Duration(left) : "";

    public static string State(WatchRow row) => row.IsActive && row.Progress.Phase.Length > 0 ? row.Progress.Phase : row.State;
}
