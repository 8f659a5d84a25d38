using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog.Core;
using Serilog.Events;

namespace K8sBackup.Coordinator.Tests.Hosting;

/// <summary>A configuration that changes under the coordinator.</summary>
public sealed class SettingsWatcherTests : IDisposable
{
    private const string Before = """
        cluster: prod
        listen: 127.0.0.1:0
        state: state
        plans: plans
        store: {local: store}
        keyFile: key
        limits: {concurrentSourcesPerRun: 4}

        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly LoggingLevelSwitch _level = new(LogEventLevel.Information);
    private readonly WorkBoard _board = new();
    private readonly Lines _lines = new();
    private readonly NodeSlots _slots;
    private readonly RunEngine _engine;
    private readonly SettingsWatcher _watcher;

    public SettingsWatcherTests()
    {
        FileStateHome home = new(_directory.Path);
        FakeRepository repository = new();
        _slots = new NodeSlots(_board, 2);
        _engine = new RunEngine(
            new RunServices(
                "prod", new RunStore(home, 10, NullLogger<RunStore>.Instance), _board, _slots, new NodeRegistry(home, TimeProvider.System), repository, repository,
                TimeProvider.System, NullLogger<RunEngine>.Instance),
            4);
        File.WriteAllText(Config, Before);
        _watcher = new SettingsWatcher(OptionsFile.Read(Config), _level, _engine, _slots, TimeProvider.System, _lines);
    }

    private string Config => Path.Combine(_directory.Path, "coordinator.yaml");

    [Fact]
    public void LevelAndConcurrency_AreTakenOver()
    {
        Change(Before.Replace("{concurrentSourcesPerRun: 4}", "{concurrentSourcesPerRun: 9, concurrentSourcesPerNode: 3, runsKept: 50}", StringComparison.Ordinal) + "logLevel: debug\n");
        Assert.Equal((9, 3, LogEventLevel.Debug), (_engine.MaxConcurrent, _slots.PerNode, _level.MinimumLevel));
        Assert.Contains(_lines.Said, l => l.EndsWith("taken over: limits.concurrentSourcesPerNode, limits.concurrentSourcesPerRun, logLevel", StringComparison.Ordinal));
        Assert.Contains(_lines.Said, l => l.EndsWith("this needs a restart of the coordinator: limits.runsKept", StringComparison.Ordinal));
    }

    [Fact]
    public void TheRest_NeedsARestart()
    {
        Change(Before.Replace("store: {local: store}", "store: {local: other}", StringComparison.Ordinal));
        Assert.EndsWith("this needs a restart of the coordinator: store", Assert.Single(_lines.Said), StringComparison.Ordinal);
    }

    [Fact]
    public void FaultyOrUnchanged_ChangesNothing()
    {
        _watcher.Look();
        Assert.Empty(_lines.Said);
        Change(Before + "logLevel: loud\n");
        _watcher.Look();
        Assert.Contains("logLevel: debug, information", Assert.Single(_lines.Said), StringComparison.Ordinal);
        Assert.Equal(LogEventLevel.Information, _level.MinimumLevel);
        File.Delete(Config);
        _watcher.Look();
        Assert.Contains("cannot be read", _lines.Said[^1], StringComparison.Ordinal);
        Change(Before + "logLevel: warning\n");
        Assert.Equal(LogEventLevel.Warning, _level.MinimumLevel);
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _engine.Dispose();
        _directory.Dispose();
    }

    private void Change(string text)
    {
        File.WriteAllText(Config, text);
        _watcher.Look();
    }

    private sealed class Lines : ILogger<SettingsWatcher>
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(formatter(state, exception));
    }
}
