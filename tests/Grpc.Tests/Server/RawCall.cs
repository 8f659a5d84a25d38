using System.Net;
using System.Net.Http.Headers;

namespace K8sBackup.Grpc.Tests.Server;

/// <summary>Requests a gRPC client would not make.</summary>
internal static class RawCall
{
    public static async Task<RawAnswer> PostAsync(
        Uri address, string path, byte[] body, string contentType = "application/grpc", params (string Name, string Value)[] fields)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request).WaitAsync(TimeSpan.FromMinutes(1));
        var content = await response.Content.ReadAsByteArrayAsync();
        var trailersOnly = response.Headers.Contains("grpc-status");
        var end = trailersOnly ? response.Headers : response.TrailingHeaders;
        return new RawAnswer((int)response.StatusCode, Field(end, "grpc-status"), Field(end, "grpc-message"), trailersOnly, content);
    }

    private static string? Field(HttpHeaders fields, string name) =>
        fields.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
