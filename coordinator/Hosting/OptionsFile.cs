using System.Net;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Settings.Stores;
using K8sBackup.Settings.Yaml;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>Reads the configuration file and reports everything that is wrong with it at once.</summary>
public static class OptionsFile
{
    /// <summary>The options.</summary>
    /// <exception cref="OptionsException">The file is missing or faulty; one line for each fault, with file and line.</exception>
    public static CoordinatorOptions Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([$"{path}: cannot be read: {e.Message}"]);
        }

        return Parse(text, path);
    }

    /// <summary>The options of a file with that text.</summary>
    /// <exception cref="OptionsException">It is faulty; one line for each fault, with file and line.</exception>
    public static CoordinatorOptions Parse(string text, string path)
    {
        List<YamlFault> faults = [];
        string file = Path.GetFullPath(path);
        CoordinatorOptions? options = YamlDocumentReader.Read(text, faults) is { } root ? Parse(root, Path.GetDirectoryName(file)!) : null;
        return options is not null && faults.Count == 0
            ? options with { ConfigFile = file, ConfigText = text }
            : throw new OptionsException([.. faults.OrderBy(f => f.Line).Select(f => f.ToText(path))]);
    }

    private static CoordinatorOptions Parse(YamlObject root, string directory)
    {
        string state = root.RequiredPath("state", directory) ?? "";
        CoordinatorOptions options = new()
        {
            Cluster = Cluster(root),
            Listen = Listen(root),
            Hosts = Hosts(root),
            State = state,
            Plans = (root.Has("kubernetes") ? root.OptionalPath("plans", directory) : root.RequiredPath("plans", directory)) ?? "",
            Store = StoreSection.Read(root, directory) ?? new StoreOptions(),
            KeyFile = root.RequiredPath("keyFile", directory) ?? "",
            Limits = Limits(root.Mapping("limits")),
            Checks = Checks(root.Mapping("checks")),
            Drills = DrillSettingsParser.Read(root.Mapping("drills")),
            Prune = PruneSettingsParser.Read(root.Mapping("prune")),
            Kubernetes = KubernetesSection.Read(root.Mapping("kubernetes"), directory),
            Health = root.Mapping("health") is { } health ? Listen(health, only: true) : null,
            LogLevel = Level(root),
        };
        if (options is { Plans: "", Kubernetes.Home: KubernetesHome.Files })
        {
            root.Fault("plans", "is missing; with home: files, plans are files of this directory.");
        }

        root.RejectOthers();
        return options;
    }

    private static string Cluster(YamlObject root)
    {
        string? cluster = root.RequiredText("cluster");
        if (cluster is not null && !SourceKey.IsName(cluster))
        {
            root.Fault("cluster", "lower-case letters, digits, '-', '_' and '.' are allowed, beginning and ending with a letter or digit.");
        }

        return cluster ?? "";
    }

    private static IPEndPoint Listen(YamlObject root, bool only = false)
    {
        string? listen = root.RequiredText("listen");
        if (only)
        {
            root.RejectOthers();
        }

        // "10.0.0.1" alone would parse too, as port 0.
        bool hasPort = listen is not null && listen.LastIndexOf(':') > listen.LastIndexOf(']') && listen.Count(c => c == ':') is 1 or > 2;
        if (hasPort && IPEndPoint.TryParse(listen!, out IPEndPoint? endpoint))
        {
            return endpoint;
        }

        if (listen is not null)
        {
            root.Fault("listen", $"an IP address and a port are expected, such as 0.0.0.0:7443 or [::]:7443, not '{listen}'.");
        }

        return new IPEndPoint(IPAddress.Loopback, 0);
    }

    private static IReadOnlyList<string> Hosts(YamlObject root)
    {
        IReadOnlyList<string> hosts = root.Texts("hosts");
        foreach (string host in hosts.Where(h => Uri.CheckHostName(h) is UriHostNameType.Unknown or UriHostNameType.Basic))
        {
            root.Fault("hosts", $"not a host name or address: '{host}'.");
        }

        return ["localhost", "127.0.0.1", "::1", .. hosts];
    }

    private static LimitOptions Limits(YamlObject? limits)
    {
        LimitOptions standard = new();
        if (limits is null)
        {
            return standard;
        }

        LimitOptions options = new()
        {
            ConcurrentSourcesPerRun = limits.Number("concurrentSourcesPerRun", 1, 1000) ?? standard.ConcurrentSourcesPerRun,
            ConcurrentSourcesPerNode = limits.Number("concurrentSourcesPerNode", 1, 64) ?? standard.ConcurrentSourcesPerNode,
            RunsKept = limits.Number("runsKept", 10, 100_000) ?? standard.RunsKept,
            BackupsKept = limits.Number("backupsKept", 1, 1000) ?? standard.BackupsKept,
            EnrolmentsPerMinute = limits.Number("enrolmentsPerMinute", 1, 10_000) ?? standard.EnrolmentsPerMinute,
        };
        limits.RejectOthers();
        return options;
    }

    private static CheckSchedule Checks(YamlObject? checks)
    {
        CheckSchedule standard = new();
        if (checks is null)
        {
            return standard;
        }

        TimeSpan every = checks.Duration("every", TimeSpan.FromMinutes(10), TimeSpan.FromDays(30)) ?? standard.Every;
        TimeSpan within = checks.Duration("readDataWithin", TimeSpan.FromHours(1), TimeSpan.FromDays(366)) ?? standard.ReadDataWithin;
        CheckSchedule schedule = new()
        {
            Every = checks.Flag("enabled", true) ? every : TimeSpan.Zero,
            ReadDataWithin = checks.Flag("readData", true) ? within : TimeSpan.Zero,
        };
        checks.RejectOthers();
        return schedule;
    }

    private static LogLevel Level(YamlObject root)
    {
        string? word = root.Text("logLevel");
        LogLevel? level = word switch
        {
            null or "information" => LogLevel.Information,
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        };
        if (level is null)
        {
            root.Fault("logLevel", $"debug, information, warning or error is expected, not '{word}'.");
        }

        return level ?? LogLevel.Information;
    }
}
