using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Failures;

/// <summary>The server's answer when there is no object to give, and the body of its errors.</summary>
public sealed record ApiStatus
{
    public string ApiVersion { get => field ?? ""; init; }

    public string Kind { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }

    public string Reason { get => field ?? ""; init; }

    public int? Code { get; init; }

    public StatusDetails? Details { get; init; }

    /// <summary>Success or Failure.</summary>
    [JsonPropertyName("status")]
    public string Outcome { get => field ?? ""; init; }
}
