using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

/// <summary>What there is to look into in a restore point.</summary>
internal static class SourceViews
{
    public static readonly View<Snapshot> Source = new View<Snapshot>()
        .Text("source", "Source", s => Words.Of(s.Source))
        .Text("volume", "Claim, or pod and volume", s => Words.Of(s.PodVolume))
        .Text("pod", "Read through", s => s.PodVolume?.Pod ?? "")
        .Text("outcome", "Outcome", s => s.Damage.Length > 0 ? "Damaged" : s.Outcome.ToString())
        .Number("files", "Files", s => s.Counts?.Files ?? 0)
        .Bytes("bytes", "Bytes", s => s.Counts?.FileBytes ?? 0);
}
