using K8sBackup.Model.Ids;
using K8sBackup.Model.Retention;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Model.Tests.Retention;

internal static class RetentionSamples
{
    /// <summary>A point made at that time.</summary>
    public static RetentionPoint Point(DateTimeOffset at, bool isGood = true, params SourceKind[] kinds)
    {
        HashSet<SourceKind> present = kinds.Length == 0 ? [SourceKind.Volume] : [.. kinds];
        return new RetentionPoint { Id = RestorePointId.Create(new ManualTimeProvider(at)), Kinds = present, GoodKinds = isGood ? present : [] };
    }
}
