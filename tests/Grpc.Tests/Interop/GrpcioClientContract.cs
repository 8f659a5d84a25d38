using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>What a grpcio client sees of this runtime's server. The cases are the functions of <c>echo_client.py</c>.</summary>
public abstract class GrpcioClientContract(GrpcioClientFixture fixture, ITestOutputHelper output)
{
    protected GrpcioClientFixture Fixture => fixture;

    [Theory]
    [InlineData("unary")]
    [InlineData("metadata_both_ways")]
    [InlineData("error_with_text")]
    [InlineData("error_with_trailers")]
    [InlineData("status_set_by_handler")]
    [InlineData("handler_exception_has_no_detail")]
    [InlineData("unknown_method")]
    [InlineData("upload_64_mib")]
    [InlineData("download_64_mib")]
    [InlineData("download_error_after_messages")]
    [InlineData("big_message_of_many_frames")]
    [InlineData("message_over_server_limit")]
    [InlineData("chat_200_rounds")]
    [InlineData("chat_server_speaks_first")]
    [InlineData("chat_150_at_once")]
    [InlineData("early_error_in_upload")]
    [InlineData("deadline")]
    [InlineData("deadline_reaches_server")]
    [InlineData("cancel")]
    [InlineData("cancel_download")]
    [InlineData("gzip_request")]
    [InlineData("who")]
    public void Case_GrpcioClient_Passes(string name)
    {
        output.WriteLine($"client: {fixture.Lines[0]}");
        Assert.StartsWith("grpcio ", fixture.Lines[0], StringComparison.Ordinal);

        var line = fixture.Lines.FirstOrDefault(line => line == "PASS " + name || line.StartsWith($"FAIL {name}:", StringComparison.Ordinal));

        Assert.True(line == "PASS " + name, $"{line ?? "The case did not run."}\n{fixture.Errors}");
    }
}
