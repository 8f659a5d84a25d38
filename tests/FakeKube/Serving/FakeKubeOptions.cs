namespace K8sBackup.FakeKube.Serving;

/// <summary>How a stand-in server is to be.</summary>
public sealed record FakeKubeOptions
{
    /// <summary>Address and port; port 0 finds a free one.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The real one sends a bookmark about once a minute.</summary>
    public TimeSpan BookmarkEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Plays the containers; without it every command is unknown.</summary>
    public Func<ExecCall, CancellationToken, Task<int>>? Exec { get; init; }
}
