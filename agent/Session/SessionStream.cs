using Grpc.Core;
using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using WorkProgress = K8sBackup.Transport.V1.WorkProgress;

namespace K8sBackup.Agent.Session;

/// <summary>
/// One session: says hello, takes work, and sends heartbeats, progress and results until the stream ends. All writes
/// come from one task; a pulse twice a second, or a new result, makes it look at what is due.
/// </summary>
internal sealed class SessionStream : IDisposable
{
    public static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HeartbeatDefault = TimeSpan.FromSeconds(15);

    private readonly AgentOptions _options;
    private readonly WorkRunner _runner;
    private readonly ResultJournal _journal;
    private readonly FilesWatch _files;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly AsyncDuplexStreamingCall<AgentMessage, CoordinatorMessage> _call;
    private readonly HashSet<string> _reported = [];
    private readonly Dictionary<string, Model.Outcomes.WorkProgress> _progress = [];
    private TimeSpan _heartbeat = HeartbeatDefault;
    private string _toldOfFiles = "";
    private long? _lastProgress;
    private long? _lastMessage;

    public SessionStream(
        AgentOptions options,
        WorkRunner runner,
        ResultJournal journal,
        FilesWatch files,
        TimeProvider clock,
        ILogger log,
        AsyncDuplexStreamingCall<AgentMessage, CoordinatorMessage> call)
    {
        _options = options;
        _runner = runner;
        _journal = journal;
        _files = files;
        _clock = clock;
        _log = log;
        _call = call;
    }

    /// <summary>Whether the session ended because the coordinator wants the agent to renew its certificate.</summary>
    public bool RenewalAsked { get; private set; }

    /// <summary>Introduces the node and waits for the welcome.</summary>
    public async Task<Welcome> OpenAsync(CancellationToken cancellationToken)
    {
        Hello hello = new() { AgentVersion = AgentVersion.Text, WorkIds = { _runner.WorkIds() } };
        hello.Labels.Add(_options.Labels.ToDictionary());
        await _call.RequestStream.WriteAsync(new AgentMessage { Hello = hello }, cancellationToken);
        bool answered;
        try
        {
            answered = await _call.ResponseStream.MoveNext(cancellationToken).WaitAsync(WelcomeTimeout, _clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new BackupException(FailureCause.TimedOut, "The coordinator did not answer the greeting.", e);
        }

        Welcome? welcome = answered ? _call.ResponseStream.Current.Welcome : null;
        _heartbeat = welcome is { HeartbeatSeconds: > 0 } ? TimeSpan.FromSeconds(welcome.HeartbeatSeconds) : HeartbeatDefault;
        return welcome ?? throw new BackupException(FailureCause.ProtocolViolation, "The coordinator did not begin with a welcome.");
    }

    /// <summary>Works through messages in both directions until the coordinator ends the stream or it breaks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = ReadAsync(ended.Token);
        Task writing = WriteAsync(ended.Token);
        Task first = await Task.WhenAny(reading, writing);
        await ended.CancelAsync();
        await Task.WhenAll(reading, writing).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await first;
    }

    public void Dispose() => _call.Dispose();

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (await _call.ResponseStream.MoveNext(cancellationToken))
        {
            CoordinatorMessage message = _call.ResponseStream.Current;
            switch (message.MessageCase)
            {
                case CoordinatorMessage.MessageOneofCase.Work when !_runner.Start(message.Work, out string refusal):
                    SessionLog.MessageIgnored(_log, refusal);
                    break;
                case CoordinatorMessage.MessageOneofCase.Work:
                    break;
                case CoordinatorMessage.MessageOneofCase.Cancel:
                    _runner.Cancel(message.Cancel.WorkId);
                    break;
                case CoordinatorMessage.MessageOneofCase.Acknowledged:
                    _journal.Acknowledge(message.Acknowledged.WorkId);
                    break;
                case CoordinatorMessage.MessageOneofCase.Renew:
                    // The next session proves the new one.
                    RenewalAsked = true;
                    return;
                default:
                    SessionLog.MessageIgnored(_log, $"its kind is {message.MessageCase}");
                    break;
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        using ITimer timer = _clock.CreateTimer(_ => _runner.News.Notify(), null, TimeSpan.Zero, ProgressInterval);
        while (true)
        {
            await _runner.News.WaitAsync(cancellationToken);
            long now = _clock.GetTimestamp();
            await SendProgressAsync(now, cancellationToken);
            await SendResultsAsync(now, cancellationToken);
            if (_files.News is { Length: > 0 } state && state != _toldOfFiles)
            {
                _toldOfFiles = state;
                await SendAsync(new AgentMessage { FilesChanged = new FilesChanged() }, now, cancellationToken);
            }

            if (_lastMessage is not { } last || _clock.GetElapsedTime(last, now) >= _heartbeat)
            {
                await SendAsync(new AgentMessage { Heartbeat = new Heartbeat() }, now, cancellationToken);
            }
        }
    }

    private async Task SendResultsAsync(long now, CancellationToken cancellationToken)
    {
        foreach (WorkResult result in _journal.Unacknowledged())
        {
            if (_reported.Add(result.WorkId))
            {
                await SendAsync(new AgentMessage { Result = result }, now, cancellationToken);
            }
        }
    }

    private async Task SendProgressAsync(long now, CancellationToken cancellationToken)
    {
        if (_lastProgress is { } last && _clock.GetElapsedTime(last, now) < ProgressInterval)
        {
            return;
        }

        _lastProgress = now;
        foreach ((string workId, Model.Outcomes.WorkProgress progress) in _runner.Progress())
        {
            if (_progress.TryGetValue(workId, out Model.Outcomes.WorkProgress? sent) && sent == progress)
            {
                continue;
            }

            _progress[workId] = progress;
            WorkProgress message = new() { WorkId = workId, Progress = SourceMapping.ToWire(progress) };
            await SendAsync(new AgentMessage { Progress = message }, now, cancellationToken);
        }
    }

    private async Task SendAsync(AgentMessage message, long now, CancellationToken cancellationToken)
    {
        await _call.RequestStream.WriteAsync(message, cancellationToken);
        _lastMessage = now;
    }
}
