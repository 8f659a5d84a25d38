namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>One fault, described by data. It applies to matching requests number <c>Skip + 1</c> to <c>Skip + Count</c>.</summary>
public sealed record HttpFault(HttpFaultKind Kind)
{
    /// <summary>HTTP method it matches; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>Text that must be in the path and query.</summary>
    public string Target { get; init; } = "";

    public int Skip { get; init; }

    public int Count { get; init; } = int.MaxValue;

    public int Status { get; init; } = 503;

    public string Code { get; init; } = "SlowDown";

    /// <summary>Body of an answer; null for an error with the code.</summary>
    public string? Body { get; init; }

    /// <summary>Beginning of the headers to strip.</summary>
    public string Headers { get; init; } = "";

    /// <summary>How far the endpoint's clock is ahead.</summary>
    public TimeSpan Ahead { get; init; }
}
