using Google.Protobuf.Collections;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Keeps what an agent reports of a step within bounds: it is recorded and shown.</summary>
internal static class StepReports
{
    private const int LinesMax = 32;
    private const int LineLengthMax = 512;

    public static RestoreStepReport Bounded(RestoreStepReport report)
    {
        Bound(report.Notes);
        if (report.Facts is { } facts)
        {
            foreach (RepeatedField<string> lines in new[] { facts.PeerUrls, facts.Manifests, facts.Unfinished, facts.RunningMembers })
            {
                Bound(lines);
            }

            (facts.MemberName, facts.DataDir, facts.WalDir) = (Cut(facts.MemberName), Cut(facts.DataDir), Cut(facts.WalDir));
            (facts.EtcdVersion, facts.VersionSource) = (Cut(facts.EtcdVersion), Cut(facts.VersionSource));
        }

        if (report.Staged is { } staged)
        {
            Bound(staged.MemberIds);
            Bound(staged.Transformations);
        }

        if (report.State is { } state)
        {
            Bound(state.MemberIds);
            Bound(state.Alarms);
        }

        return report;
    }

    private static void Bound(RepeatedField<string> lines)
    {
        while (lines.Count > LinesMax)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        for (int i = 0; i < lines.Count; i++)
        {
            lines[i] = Cut(lines[i]);
        }
    }

    private static string Cut(string line) => line.Length <= LineLengthMax ? line : line[..LineLengthMax];
}
