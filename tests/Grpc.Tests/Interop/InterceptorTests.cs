using Grpc.Core;
using Grpc.Core.Interceptors;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>Interceptors on both sides see all four kinds of calls, in order.</summary>
public sealed class InterceptorTests : IAsyncLifetime
{
    private readonly InterceptorJournal _journal = new();
    private OwnEchoServer _server = null!;

    public async Task InitializeAsync() => _server = await OwnEchoServer.StartAsync(
        configure: options =>
        {
            options.Interceptors.Add<JournalInterceptor>("outer");
            options.Interceptors.Add<JournalInterceptor>("inner");
        },
        services: services => services.AddSingleton(_journal));

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Intercept_AllFourKinds_BothSidesSeeThemInOrder()
    {
        using var channel = _server.Connect();
        var client = new Echo.EchoClient(channel.Intercept(new JournalInterceptor(_journal, "first"), new JournalInterceptor(_journal, "second")));

        await client.UnaryAsync(new EchoRequest());
        Assert.Equal(Expected("unary"), _journal.Take());

        client.Unary(new EchoRequest());
        Assert.Equal(["first: blocking", "second: blocking", "outer: unary", "inner: unary"], _journal.Take());

        using var upload = client.Upload();
        await upload.RequestStream.CompleteAsync();
        await upload;
        Assert.Equal(Expected("client streaming"), _journal.Take());

        using var download = client.Download(new EchoRequest());
        Assert.False(await download.ResponseStream.MoveNext());
        Assert.Equal(Expected("server streaming"), _journal.Take());

        using var chat = client.Chat();
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext());
        Assert.Equal(Expected("duplex streaming"), _journal.Take());
    }

    [Fact]
    public async Task UnaryServerHandler_InterceptorThrows_ClientGetsItsStatus()
    {
        using var channel = _server.Connect();
        var client = new Echo.EchoClient(channel.Intercept(headers =>
        {
            headers.Add("refuse", "PermissionDenied");
            return headers;
        }));

        var error = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new EchoRequest()).ResponseAsync);

        Assert.Equal((StatusCode.PermissionDenied, "refused"), (error.StatusCode, error.Status.Detail));
    }

    private static string[] Expected(string kind) => [$"first: {kind}", $"second: {kind}", $"outer: {kind}", $"inner: {kind}"];
}
