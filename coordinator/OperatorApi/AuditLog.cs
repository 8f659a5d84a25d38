using System.Text.Json;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>
/// Who changed what: JSON lines in <c>audit.log</c> of the state directory, and lines of the log, which outlive the directory of a pod; written before the caller gets its answer.
/// When the line cannot be written, the call fails, although what it did stands. Thread-safe.
/// </summary>
public sealed class AuditLog
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuditLog> _log;
    private readonly Lock _lock = new();

    public AuditLog(string path, TimeProvider clock, ILogger<AuditLog> log)
    {
        _path = path;
        _clock = clock;
        _log = log;
    }

    /// <summary>Makes a changing call and records it with its result.</summary>
    /// <param name="context">The call.</param>
    /// <param name="action">What is asked for.</param>
    /// <param name="target">What it is asked for; never a secret.</param>
    /// <param name="call">The call's work.</param>
    public async Task<T> RecordAsync<T>(ServerCallContext context, string action, string target, Func<Task<T>> call)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(call);
        string result = "ok";
        try
        {
            return await call();
        }
        catch (RpcException e)
        {
            result = $"{e.StatusCode}: {e.Status.Detail}";
            throw;
        }
        catch (BackupException e)
        {
            result = e.Failure.ToString();
            throw;
        }
        catch
        {
            result = "failed";
            throw;
        }
        finally
        {
            Append(new AuditEntry(_clock.GetUtcNow(), CallerIdentity.Of(context).ToUri(), context.Peer, action, target, result));
        }
    }

    /// <summary>Records what the coordinator does by itself on somebody's earlier word.</summary>
    public void Note(string actor, string action, string target, string result) =>
        Append(new AuditEntry(_clock.GetUtcNow(), actor, "", action, target, result));

    private void Append(AuditEntry entry)
    {
        // As JSON in the log, too: what people named cannot break its lines.
        string text = JsonSerializer.Serialize(entry, Format);
        OperatorLog.Audited(_log, text);
        string line = text + "\n";
        lock (_lock)
        {
            using FileStream stream = new(_path, new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            stream.Write(System.Text.Encoding.UTF8.GetBytes(line));
        }
    }
}
