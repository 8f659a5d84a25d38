namespace K8sBackup.ObjectStore.S3;

/// <summary>Reads the endpoint's time off each of its answers, refusals too; what a cache kept says nothing about now.</summary>
internal sealed class ClockHandler : DelegatingHandler
{
    private readonly EndpointClock _clock;

    public ClockHandler(EndpointClock clock) => _clock = clock;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (response.Headers is { Date: { } time, Age: null })
        {
            _clock.Observe(time);
        }

        return response;
    }
}
