using System.Text.Json;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Tests.OperatorApi;

public sealed class AuditLogTests
{
    [Fact]
    public async Task Note_IsInTheLogToo_WhichOutlivesThePod()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "audit.log");
        Lines log = new();
        new AuditLog(path, new ManualTimeProvider(), log).Note("alice", "restore.phase", "01k9\n\u001b[31mforged", "Completed");
        string line = Assert.Single(log.Written);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.Equal($"Audit {(await File.ReadAllTextAsync(path)).TrimEnd('\n')}", line);
        using JsonDocument entry = JsonDocument.Parse(line["Audit ".Length..]);
        Assert.Equal("01k9\n\u001b[31mforged", entry.RootElement.GetProperty("target").GetString());
    }

    private sealed class Lines : ILogger<AuditLog>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
