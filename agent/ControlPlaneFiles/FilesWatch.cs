using K8sBackup.Agent.Hosting;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>
/// Looks at the files below /etc/kubernetes again and again. A state that is not the one last captured, and that stood still
/// from one look to the next, is news for the coordinator: whoever renews certificates writes many files in a row. Looking costs
/// less than being told by the kernel, which forgets when much happens at once. The state last captured outlives the
/// agent in a file, so that a change made while it was down is seen, too.
/// </summary>
internal sealed class FilesWatch : BackgroundService
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    private readonly HostRoot _host;
    private readonly TimeProvider _clock;
    private readonly string _path;
    private string _lastSeen = "";
    private volatile string _captured;
    private volatile string _settled = "";

    public FilesWatch(string stateDirectory, HostRoot host, TimeProvider clock)
    {
        _host = host;
        _clock = clock;
        _path = Path.Combine(stateDirectory, "files-captured");
        _captured = File.Exists(_path) ? File.ReadAllText(_path) : "";
    }

    /// <summary>The state to be captured; empty when there is none: nothing was ever captured, or nothing changed since.</summary>
    public string News => _captured.Length > 0 && _settled.Length > 0 && _settled != _captured ? _settled : "";

    /// <summary>The state now, to be given to <see cref="Captured"/> once what is read after this is captured.</summary>
    public string Look() => FilesFingerprint.Take(_host);

    /// <summary>Notes that this state is captured.</summary>
    public void Captured(string state)
    {
        if (state.Length == 0 || state == _captured)
        {
            return;
        }

        _captured = state;
        try
        {
            File.WriteAllText(_path, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Sound without: after a restart the state captured earlier is compared with, which makes one capture more.
        }
    }

    /// <summary>One look.</summary>
    internal void Step()
    {
        string seen = Look();
        if (seen == _lastSeen)
        {
            _settled = seen;
        }

        _lastSeen = seen;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        do
        {
            await Task.Run(Step, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
