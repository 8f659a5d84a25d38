using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Reads the <c>drills</c> mapping of the configuration.</summary>
internal static class DrillSettingsParser
{
    public static DrillSettings Read(YamlObject? drills)
    {
        DrillSettings standard = new();
        if (drills is null)
        {
            return standard;
        }

        TimeSpan every = drills.Duration("every", TimeSpan.FromHours(1), TimeSpan.FromDays(90)) ?? standard.Every;
        DrillSettings settings = new()
        {
            Every = drills.Flag("enabled", true) ? every : TimeSpan.Zero,
            Files = drills.Flag("files", standard.Files),
            RequireIsolation = drills.Flag("requireIsolation", standard.RequireIsolation),
            SampledKeys = drills.Number("sampledKeys", 1, 10_000) ?? standard.SampledKeys,
        };
        drills.RejectOthers();
        return settings;
    }
}
