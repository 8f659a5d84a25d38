using Google.Protobuf.WellKnownTypes;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Impact;

/// <summary>The certificates that a restore of control-plane files would bring back, and which of them have ended by now.</summary>
internal static class CertificateSurvey
{
    /// <summary>Those the restore point's agents wrote down when they captured them, the first to end first; and what is not known.</summary>
    public static (IReadOnlyList<CapturedCertificate> Certificates, IReadOnlyList<string> Notes) Of(RestorePoint point, DateTimeOffset now)
    {
        List<CapturedCertificate> certificates = [];
        List<string> notes = [];
        Snapshot[] captured = [.. point.Snapshots.Where(s => s.Source?.Kind == SourceKind.ControlPlaneFiles)];
        if (captured.Length == 0)
        {
            notes.Add("The restore point has no control-plane files, so nothing is known of its certificates.");
        }

        foreach (Snapshot snapshot in captured)
        {
            if (snapshot.ControlPlane is not { } facts)
            {
                notes.Add($"What certificates {Words.Of(snapshot.Source)} has was not written down when it was captured.");
                continue;
            }

            certificates.AddRange(facts.Certificates.Select(c => new CapturedCertificate(
                snapshot.Source.Node, c.Path, c.Subject, c.NotAfter ?? new Timestamp(), c.NotAfter is { } end && end.ToDateTimeOffset() < now)));
        }

        return ([.. certificates.OrderBy(c => c.NotAfter)], notes);
    }
}
