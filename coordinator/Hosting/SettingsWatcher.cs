using System.Security.Cryptography;
using K8sBackup.Coordinator.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// Reads the configuration again when its content changed, as a mounted ConfigMap does under a running process. The log level and the
/// limits of concurrency are taken over at once; for the rest the log says that it needs a restart. A faulty file changes
/// nothing. Polling, since notices miss the renames mounts are changed by. Stops between two looks.
/// </summary>
public sealed class SettingsWatcher : BackgroundService
{
    /// <summary>Settings that are taken over while the coordinator runs.</summary>
    private static readonly string[] _live = ["logLevel", "limits.concurrentSourcesPerRun", "limits.concurrentSourcesPerNode"];

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly LoggingLevelSwitch _level;
    private readonly RunEngine _engine;
    private readonly NodeSlots _slots;
    private readonly TimeProvider _clock;
    private readonly ILogger<SettingsWatcher> _log;
    private readonly string _path;
    private string _text;
    private byte[] _hash;

    public SettingsWatcher(CoordinatorOptions options, LoggingLevelSwitch level, RunEngine engine, NodeSlots slots, TimeProvider clock, ILogger<SettingsWatcher> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        _path = options.ConfigFile;
        _level = level;
        _engine = engine;
        _slots = slots;
        _clock = clock;
        _log = log;
        _text = options.ConfigText;
        _hash = Hash(_text);
    }

    /// <summary>One look at the file.</summary>
    internal void Look()
    {
        try
        {
            string text = File.ReadAllText(_path);
            byte[] hash = Hash(text);
            if (hash.AsSpan().SequenceEqual(_hash))
            {
                return;
            }

            _hash = hash;
            Apply(OptionsFile.Parse(text, _path), text);
        }
        catch (OptionsException e)
        {
            HostingLog.SettingsFaulty(_log, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For a moment, while a mount is changed.
            HostingLog.SettingsUnreadable(_log, _path, e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_path.Length == 0)
        {
            return;
        }

        using PeriodicTimer timer = new(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    private static byte[] Hash(string text) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));

    private void Apply(CoordinatorOptions options, string text)
    {
        string[] changed = [.. Changes(Root(_text), Root(text), "").Order(StringComparer.Ordinal)];
        _text = text;
        _level.MinimumLevel = (LogEventLevel)(int)options.LogLevel;
        _engine.MaxConcurrent = options.Limits.ConcurrentSourcesPerRun;
        _slots.PerNode = options.Limits.ConcurrentSourcesPerNode;
        string[] live = [.. changed.Intersect(_live)];
        string[] later = [.. changed.Except(_live)];
        if (live.Length > 0)
        {
            HostingLog.SettingsTaken(_log, string.Join(", ", live));
        }

        if (later.Length > 0)
        {
            HostingLog.SettingsNeedRestart(_log, string.Join(", ", later));
        }
    }

    private static YamlMappingNode Root(string text)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        return stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root ? root : [];
    }

    // Settings by name; of sections, the fields, since some can be taken over and others not.
    private static IEnumerable<string> Changes(YamlMappingNode before, YamlMappingNode after, string prefix)
    {
        foreach (YamlNode key in before.Children.Keys.Union(after.Children.Keys))
        {
            YamlNode? was = before.Children.TryGetValue(key, out YamlNode? old) ? old : null;
            YamlNode? now = after.Children.TryGetValue(key, out YamlNode? value) ? value : null;
            if (Equals(was, now))
            {
                continue;
            }

            if (prefix.Length == 0 && key.ToString() == "limits" && (was is null or YamlMappingNode) && (now is null or YamlMappingNode))
            {
                foreach (string field in Changes((YamlMappingNode?)was ?? [], (YamlMappingNode?)now ?? [], "limits."))
                {
                    yield return field;
                }
            }
            else
            {
                yield return $"{prefix}{key}";
            }
        }
    }
}
